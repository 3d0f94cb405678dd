/** Interned byte strings: equal bytes get the same small id, so columns hold numbers. */
import { grown } from './list.ts';

const ARENA_START = 1 << 16;
const SLOTS_START = 1 << 10;

/**
 * A set of byte strings with dense ids from 0, in order of first sight.
 * Ids depend on the order of arrival: compare the bytes, never the ids, where order matters.
 */
export class Interner {
  #arena = new Uint8Array(ARENA_START);
  #used = 0;
  #starts = new Uint32Array(SLOTS_START);
  #hashes = new Int32Array(SLOTS_START);
  #slots = new Int32Array(SLOTS_START * 2);
  #count = 0;

  get size(): number {
    return this.#count;
  }

  /** The id of `bytes[start, end)`; the bytes are copied on first sight. */
  intern(bytes: Uint8Array, start: number, end: number): number {
    const hash = hashOf(bytes, start, end);
    const mask = this.#slots.length - 1;
    let slot = hash & mask;
    for (;;) {
      const id = this.#slots[slot] - 1;
      if (id < 0) return this.#insert(bytes, start, end, hash, slot);
      if (this.#hashes[id] === hash && this.is(id, bytes, start, end)) return id;
      slot = (slot + 1) & mask;
    }
  }

  /** The bytes of an id: a view, valid until the next `intern`. */
  bytes(id: number): Uint8Array {
    return this.#arena.subarray(this.#starts[id], this.#end(id));
  }

  /** Whether an id stands for `bytes[start, end)`. */
  is(id: number, bytes: Uint8Array, start: number, end: number): boolean {
    const at = this.#starts[id];
    if (this.#end(id) - at !== end - start) return false;
    const arena = this.#arena;
    for (let p = start, q = at; p < end; p++, q++) if (arena[q] !== bytes[p]) return false;
    return true;
  }

  /** Code-unit order of the bytes of two ids. */
  compare(a: number, b: number): number {
    if (a === b) return 0;
    return Buffer.compare(this.bytes(a), this.bytes(b));
  }

  #end(id: number): number {
    return id + 1 < this.#count ? this.#starts[id + 1] : this.#used;
  }

  #insert(bytes: Uint8Array, start: number, end: number, hash: number, slot: number): number {
    const id = this.#count;
    if (id === this.#starts.length) this.#growIds();
    const length = end - start;
    if (this.#used + length > this.#arena.length) this.#growArena(this.#used + length);
    this.#arena.set(bytes.subarray(start, end), this.#used);
    this.#starts[id] = this.#used;
    this.#hashes[id] = hash;
    this.#used += length;
    this.#count = id + 1;
    this.#slots[slot] = id + 1;
    if (this.#count * 2 > this.#slots.length) this.#rehash();
    return id;
  }

  #growArena(need: number): void {
    const next = new Uint8Array(Math.max(need, this.#arena.length * 2));
    next.set(this.#arena.subarray(0, this.#used));
    this.#arena = next;
  }

  #growIds(): void {
    this.#starts = grown(this.#starts, new Uint32Array(this.#starts.length * 2));
    this.#hashes = grown(this.#hashes, new Int32Array(this.#hashes.length * 2));
  }

  #rehash(): void {
    const slots = new Int32Array(this.#slots.length * 2);
    const mask = slots.length - 1;
    for (let id = 0; id < this.#count; id++) {
      let slot = this.#hashes[id] & mask;
      while (slots[slot] !== 0) slot = (slot + 1) & mask;
      slots[slot] = id + 1;
    }
    this.#slots = slots;
  }
}

/** Four bytes at a time: byte by byte each would wait for the product of the one before. */
function hashOf(bytes: Uint8Array, start: number, end: number): number {
  let hash = end - start;
  let p = start;
  for (const stop = end - 3; p < stop; p += 4) {
    const word = bytes[p] | (bytes[p + 1] << 8) | (bytes[p + 2] << 16) | (bytes[p + 3] << 24);
    hash = Math.imul(hash ^ word, 0x9e3779b1);
    hash ^= hash >>> 15;
  }
  for (; p < end; p++) hash = Math.imul(hash ^ bytes[p], 0x9e3779b1);
  // The last byte of a word reaches only the highest bits, and the slot is in the lowest.
  hash = Math.imul(hash ^ (hash >>> 16), 0x85ebca6b);
  return hash ^ (hash >>> 13);
}
