/** What happens below requests: garbage in place of HTTP, senders that take too long, answers before the body is read. */
import { type IncomingMessage, type Server, type ServerResponse, STATUS_CODES } from "node:http";
import type { Socket } from "node:net";
import { type ProblemCode, ServeProblem } from "./problems.ts";

/** How long what is still being sent is read and thrown away, so that the sender gets to read the answer. */
const LINGER_MILLISECONDS = 1000;

/** By the codes of Node.js and its parser. */
const CONNECTION_ERRORS: Readonly<Record<string, readonly [code: ProblemCode, message: string]>> = {
  ERR_HTTP_REQUEST_TIMEOUT: ["slow-request", "the request was not sent in the time allowed"],
  HPE_HEADER_OVERFLOW: ["headers-too-large", "the headers have too many bytes"],
  HPE_CHUNK_EXTENSIONS_OVERFLOW: ["too-large", "the chunk extensions of the body have too many bytes"],
};

/** What a connection's error says to its sender, if anything can be said. */
export function describeConnectionError({ code = "" }: NodeJS.ErrnoException): ServeProblem {
  return new ServeProblem(...(CONNECTION_ERRORS[code] ?? ["http", "the request is not valid HTTP/1.1"]));
}

/** Answers on a connection that no request could be read from, and closes it. */
export function answerConnection(socket: Socket, { status, answer }: ServeProblem): void {
  const text = JSON.stringify(answer);
  socket.write(
    [
      `HTTP/1.1 ${status} ${STATUS_CODES[status]}`,
      "Content-Type: application/json; charset=utf-8",
      `Content-Length: ${Buffer.byteLength(text)}`,
      "Connection: close",
      "",
      text,
    ].join("\r\n"),
  );
  endLingering(socket);
}

/**
 * To be called before an answer to a request whose body has not been read is sent: the connection closes after it.
 * Were it closed at once, the sender's system would report a broken connection in place of the answer.
 */
export function closeAfterAnswer(request: IncomingMessage, response: ServerResponse): void {
  response.setHeader("Connection", "close");
  const { socket } = request;
  socket.destroySoon = () => endLingering(socket);
}

function endLingering(socket: Socket): void {
  socket.end();
  setTimeout(() => socket.destroy(), LINGER_MILLISECONDS).unref();
}

/**
 * What it returns closes the connections that the server waits for nothing on: idle ones, and those, opened ahead of
 * need, on which nothing has come yet. Node counts the latter among the busy ones.
 */
export function idleConnections(server: Server): { close(): void } {
  const sockets = new Set<Socket>();
  server.on("connection", (socket: Socket) => {
    sockets.add(socket);
    socket.once("close", () => sockets.delete(socket));
  });
  return {
    close() {
      server.closeIdleConnections();
      for (const socket of sockets) if (socket.bytesRead === 0) socket.destroy();
    },
  };
}

/** A body that is too long by its own account is refused before it is sent, where the sender waits for a go-ahead. */
export function refuseExpectations(
  server: Server,
  bodyBytes: number,
  refuse: (response: ServerResponse, problem: ServeProblem) => void,
): void {
  server.on("checkContinue", (request, response) => {
    if (!(Number(request.headers["content-length"]) > bodyBytes)) response.writeContinue();
    server.emit("request", request, response);
  });
  server.on("checkExpectation", (_request, response) =>
    refuse(response, new ServeProblem("expectation", "only `Expect: 100-continue` can be met")),
  );
}
