/** The bearer token that clients prove themselves with. */
import { createHash, timingSafeEqual } from "node:crypto";

/** Whether an `Authorization` header carries the token, told in a time that does not depend on what it carries. */
export function tokenChecker(token: string): (authorization: string | undefined) => boolean {
  const expected = digest(token);
  return (authorization) => {
    const [, given = ""] = /^Bearer +(\S+) *$/i.exec(authorization ?? "") ?? [];
    return timingSafeEqual(digest(given), expected);
  };
}

/** Texts of any length become as long as each other. */
function digest(text: string): Buffer {
  return createHash("sha256").update(text).digest();
}

/**
 * A token as it is read from a file or the environment.
 * @throws RangeError when it cannot be sent in a header
 */
export function cleanToken(text: string, source: string): string {
  const token = text.trim();
  if (!/^[\x21-\x7e]+$/.test(token)) {
    throw new RangeError(
      `${source} holds no token: expected one line of letters, digits and signs without spaces, such as \`openssl rand -hex 32\` prints`,
    );
  }
  return token;
}
