/** NumPy's `default_rng(words).uniform(-1, 1)`, so that a seed draws the same z here as `etudes use --seed` does.
 *
 * Sources: M. O'Neill, *PCG*, 2014 (the generator, XSL-RR 128/64) and *Developing a seed_seq alternative*, 2015. */

const MULTIPLIER = 0x2360ed051fc65da44385df649fccf645n;
const [HALF, WHOLE] = [(1n << 64n) - 1n, (1n << 128n) - 1n];

/** The 32-bit words that a seed sequence makes of others. */
function seedWords(entropy: number[], count: number): bigint[] {
  let constant = 0x43b0d7e5;
  const hash = (word: number) => {
    let value = word ^ constant;
    constant = Math.imul(constant, 0x931e8875);
    value = Math.imul(value, constant);
    return value ^ (value >>> 16);
  };
  const mix = (one: number, other: number) => {
    const value = (Math.imul(0xca01f9dd, one) - Math.imul(0x4973f715, other)) | 0;
    return value ^ (value >>> 16);
  };
  const pool = [0, 1, 2, 3].map((index) => hash(entropy[index] ?? 0));
  for (let from = 0; from < 4; from++) {
    for (let to = 0; to < 4; to++) if (from !== to) pool[to] = mix(pool[to], hash(pool[from]));
  }
  for (const word of entropy.slice(4)) for (let to = 0; to < 4; to++) pool[to] = mix(pool[to], hash(word));
  let last = 0x8b51f9dd;
  return Array.from({ length: count }, (_, index) => {
    let value = pool[index % 4] ^ last;
    last = Math.imul(last, 0x58f38ded);
    value = Math.imul(value, last);
    return BigInt((value ^ (value >>> 16)) >>> 0);
  });
}

/** Numbers from −1 to 1.
 *
 * @param words from 0 to 2³² − 1.
 */
export function uniform(words: number[], count: number): Float32Array {
  const seeds = seedWords(words, 8);
  const wide = (at: number) => (seeds[at + 1] << 96n) | (seeds[at] << 64n) | (seeds[at + 3] << 32n) | seeds[at + 2];
  const increment = ((wide(4) << 1n) | 1n) & WHOLE;
  const step = (state: bigint) => (state * MULTIPLIER + increment) & WHOLE;
  let state = step((increment + wide(0)) & WHOLE);
  return Float32Array.from({ length: count }, () => {
    state = step(state);
    const mixed = (state >> 64n) ^ (state & HALF);
    const turn = state >> 122n;
    const bits = ((mixed >> turn) | (mixed << (64n - turn))) & HALF;
    return -1 + 2 * (Number(bits >> 11n) / 2 ** 53);
  });
}
