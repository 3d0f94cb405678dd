/**
 * Which row of a table an event has.
 *
 * Most records come in the order of their events' serials, or nearly so, since records of
 * several processors interleave: then a few steps back from the last row tell. Where they come
 * otherwise (rotated logs read from the last to the first, several hosts) all rows are hashed.
 */
import { grown } from '../base/list.ts';

/** Steps back until hashing is thought to be worth it. */
const NEAR = 1024;
const FIRST_ROWS = 1 << 12;
/** No such row. */
const NONE = -1;

/** The columns by which events are told apart. */
export interface EventKeys {
  readonly node: Int32Array;
  readonly time: Float64Array;
  readonly serial: Uint32Array;
}

/** Finds rows by event; has to be told of each row that is added. */
export class EventRows {
  readonly #keys: EventKeys;
  /** Rows that are events: others may follow them. */
  #count = 0;
  /** By row: the highest serial up to it. */
  #reached = new Uint32Array(FIRST_ROWS);
  /** Rows + 1 by hash of the event; 0 is free. Undefined while serials rise. */
  #slots: Int32Array | undefined;

  constructor(keys: EventKeys) {
    this.#keys = keys;
  }

  /** The row of an event, -1 when it has none. */
  find(node: number, time: number, serial: number): number {
    if (this.#slots === undefined) {
      const from = Math.max(0, this.#count - NEAR);
      for (let row = this.#count - 1; row >= from; row--) {
        // All serials up to here are lower.
        if (this.#reached[row] < serial) return NONE;
        if (this.#isOf(row, node, time, serial)) return row;
      }
      if (from === 0) return NONE;
      this.#slots = this.#hashed(FIRST_ROWS);
    }
    return this.#slots[this.#slotFor(this.#slots, node, time, serial)] - 1;
  }

  /** Takes note of a row behind all others. */
  add(row: number): void {
    if (row === this.#reached.length)
      this.#reached = grown(this.#reached, new Uint32Array(row * 4));
    const { node, time, serial } = this.#keys;
    this.#count = row + 1;
    this.#reached[row] = row === 0 ? serial[row] : Math.max(this.#reached[row - 1], serial[row]);
    if (this.#slots === undefined) return;
    if (this.#count * 2 > this.#slots.length) this.#slots = this.#hashed(this.#slots.length * 4);
    else this.#slots[this.#slotFor(this.#slots, node[row], time[row], serial[row])] = row + 1;
  }

  /** Slots for all rows, `least` at least. */
  #hashed(least: number): Int32Array {
    const { node, time, serial } = this.#keys;
    let size = least;
    while (size < this.#count * 2) size *= 4;
    const slots = new Int32Array(size);
    for (let row = 0; row < this.#count; row++) {
      slots[this.#slotFor(slots, node[row], time[row], serial[row])] = row + 1;
    }
    return slots;
  }

  /** The slot that an event's row is in, or would be put into: then it holds 0. */
  #slotFor(slots: Int32Array, node: number, time: number, serial: number): number {
    const mask = slots.length - 1;
    let slot = slotOf(node, time, serial) & mask;
    while (slots[slot] !== 0 && !this.#isOf(slots[slot] - 1, node, time, serial)) {
      slot = (slot + 1) & mask;
    }
    return slot;
  }

  #isOf(row: number, node: number, time: number, serial: number): boolean {
    const keys = this.#keys;
    return keys.serial[row] === serial && keys.time[row] === time && keys.node[row] === node;
  }
}

/** Neighbouring serials of one tick share cache lines; ticks and nodes are spread. */
function slotOf(node: number, time: number, serial: number): number {
  return (serial + Math.imul(time | 0, 0x9e3779b1) + Math.imul(node, 0x85ebca6b)) | 0;
}
