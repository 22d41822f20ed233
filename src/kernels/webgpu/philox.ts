/**
 * The random numbers of `Random` in WGSL: the same words, so that a random key means the same on every device. Word
 * numbers are 32-bit: one operation can draw up to 2^32 words.
 *
 * WGSL's own log and cos may be off by 2^-21 and 2^-11, so the distributions bring their own, good to a few units in
 * the last place of f32.
 */
/**
 * Philox 4x32-10 (Salmon et al. 2011) and word `index` of the key in the parameters (see `keyNumbers`). An invocation that asks for
 * words in order computes each block of four once.
 */
const PHILOX = `
/** Upper half of the 64-bit product, from products of 16-bit halves. */
fn multiply_high(a: u32, b: u32) -> u32 {
  let a_low = a & 0xffffu;
  let a_high = a >> 16u;
  let b_low = b & 0xffffu;
  let b_high = b >> 16u;
  let middle = a_high * b_low + ((a_low * b_low) >> 16u);
  let carry = a_low * b_high + (middle & 0xffffu);
  return a_high * b_high + (middle >> 16u) + (carry >> 16u);
}

fn philox4x32(counter: vec4<u32>, key: vec2<u32>) -> vec4<u32> {
  var c = counter;
  var k = key;
  for (var round = 0u; round < 10u; round++) {
    c = vec4<u32>(
      multiply_high(0xcd9e8d57u, c.z) ^ c.y ^ k.x,
      0xcd9e8d57u * c.z,
      multiply_high(0xd2511f53u, c.x) ^ c.w ^ k.y,
      0xd2511f53u * c.x,
    );
    k += vec2<u32>(0x9e3779b9u, 0xbb67ae85u);
  }
  return c;
}

var<private> block: vec4<u32>;
/** No block has this number, since a block holds four words. */
var<private> block_number: u32 = 0xffffffffu;

fn random_word(index: u32) -> u32 {
  if (block_number != index / 4u) {
    block_number = index / 4u;
    let counter = vec4<u32>(block_number, parameters.counter1, parameters.counter2, parameters.counter3);
    block = philox4x32(counter, vec2<u32>(parameters.key0, parameters.key1));
  }
  return block[index % 4u];
}`;

/** From words to numbers. A uniform is one of 2^24 cells: its lower end, or its midpoint where 0 is excluded. */
const DISTRIBUTIONS = `
/** log((1 + s) / (1 - s)) for |s| <= 1/3: 2 atanh(s) as a series. */
fn log_of_ratio(s: f32) -> f32 {
  let q = s * s;
  let series = 1.0 + q * (1.0 / 3.0 + q * (1.0 / 5.0 + q * (1.0 / 7.0 + q * (1.0 / 9.0 + q * (1.0 / 11.0 + q / 13.0)))));
  return 2.0 * s * series;
}

/** log(x) for x > 0: x is a power of 2 times a number from sqrt(1/2) to sqrt(2), whose logarithm is small. */
fn accurate_log(x: f32) -> f32 {
  let parts = frexp(x);
  let is_low = parts.fract < 0.70710678;
  let m = select(parts.fract, 2.0 * parts.fract, is_low);
  let e = select(parts.exp, parts.exp - 1, is_low);
  return f32(e) * 0.6931471805599453 + log_of_ratio((m - 1.0) / (m + 1.0));
}

/** -log(u) of the midpoint u of a word's cell. Above 1/2, where f32 cannot hold u, it comes from 1 - u. */
fn negative_log_midpoint(word: u32) -> f32 {
  let cell = word >> 8u;
  if (cell < 0x800000u) { return -accurate_log((f32(cell) + 0.5) * 0x1p-24); }
  let rest = (f32(0xffffffu - cell) + 0.5) * 0x1p-24;
  return log_of_ratio(rest / (2.0 - rest));
}

/** cos(2 pi u) of a word's uniform u: the sine of the angle to the next zero, which is exact in cells. */
fn cosine_of_turn(word: u32) -> f32 {
  let cell = word >> 8u;
  let quarter = cell >> 22u;
  let within = cell & 0x3fffffu;
  let to_zero = select(0x400000u - within, within, (quarter & 1u) == 1u);
  let x = f32(to_zero) * 0x1p-22 * 1.5707963267948966;
  let q = x * x;
  let series = 1.0 - q / 6.0 * (1.0 - q / 20.0 * (1.0 - q / 42.0 * (1.0 - q / 72.0 * (1.0 - q / 110.0))));
  return select(x * series, -x * series, quarter == 1u || quarter == 2u);
}

/** Draw number i on [0, 1): word i. */
fn random_uniform(i: u32) -> f32 { return f32(random_word(i) >> 8u) * 0x1p-24; }

/** Standard Gumbel draw number i: word i. */
fn random_gumbel(i: u32) -> f32 { return -accurate_log(negative_log_midpoint(random_word(i))); }

/** Standard normal draw number i, by Box and Muller: words 2 i and 2 i + 1. */
fn random_normal(i: u32) -> f32 {
  let radius = sqrt(2.0 * negative_log_midpoint(random_word(2u * i)));
  return radius * cosine_of_turn(random_word(2u * i + 1u));
}
`;

/** WGSL functions `random_word`, `random_uniform`, `random_gumbel` and `random_normal` of the number of a draw. */
export const RANDOM_FUNCTIONS = PHILOX + DISTRIBUTIONS;
