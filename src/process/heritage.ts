/** What children inherit: program, arguments and directory of a life at any position. */
import { lowerBound } from '../base/list.ts';
import { type EventTable, HAVE } from '../event/table.ts';
import { KIND } from '../tables/kinds.ts';
import type { Facts } from './facts.ts';
import type { Life } from './life.ts';

/** Index of the stretch before which nothing is known. */
const NOTHING = 0;
const NOT_YET = -1;
const NO_TOKEN = -1;
const NO_ROW = -1;

/** Whether the event of a row is a call of the exec family. */
export function isExec(table: EventTable, row: number): boolean {
  const kind = table.kind[row];
  return (kind === KIND.execve || kind === KIND.execveat) && (table.have[row] & HAVE.syscall) !== 0;
}

/** Whether the event at a position is an exec that succeeded. */
export function hasExeced({ table, rows }: Facts, at: number): boolean {
  return table.success[rows[at]] === 1 && isExec(table, rows[at]);
}

/** Position of a life's birth: what it inherits is what its parent had then. */
function bornAt(life: Life): number {
  return life.birth?.at ?? life.anchor;
}

/**
 * The stretches between the changes of a life, in columns. They are made for lives with
 * children only, and when a child asks.
 */
export class Heritage {
  readonly #facts: Facts;
  /** By place of a life: its first stretch. The others follow. */
  readonly #first: Int32Array;
  readonly #count: Int32Array;
  /** By stretch: the position after which it begins. The first of a life is from its birth. */
  readonly #from: number[] = [-1];
  /** By stretch: the row of the exec whose arguments it has; -1 unknown. */
  readonly row: number[] = [NO_ROW];
  /** By stretch: tokens, -1 unknown. Names are the last that its exec's events show. */
  readonly exe: number[] = [NO_TOKEN];
  readonly comm: number[] = [NO_TOKEN];
  readonly cwd: number[] = [NO_TOKEN];

  /** `lives`: how many the boot has; their places are below. */
  constructor(facts: Facts, lives: number) {
    this.#facts = facts;
    this.#first = new Int32Array(lives).fill(NOT_YET);
    this.#count = new Int32Array(lives);
  }

  /** The stretch of the parent that a life was born in. */
  of(life: Life): number {
    const { parent } = life;
    if (parent === undefined) return NOTHING;
    if (this.#first[parent.place] === NOT_YET) this.#makeLine(parent);
    return this.#at(parent, bornAt(life));
  }

  /** Ancestors first, without recursion. */
  #makeLine(life: Life): void {
    const line = [life];
    for (let up = life.parent; up !== undefined; up = up.parent) {
      if (this.#first[up.place] !== NOT_YET) break;
      line.push(up);
    }
    for (let i = line.length - 1; i >= 0; i--) this.#make(line[i]);
  }

  /** The last stretch that began before a position. */
  #at({ place }: Life, at: number): number {
    const first = this.#first[place];
    return lowerBound(this.#from, first + 1, first + this.#count[place], at) - 1;
  }

  #make(life: Life): void {
    const { table, rows, own } = this.#facts;
    const { parent } = life;
    const inherited = parent === undefined ? NOTHING : this.#at(parent, bornAt(life));
    const { known } = life;
    let row = known === undefined ? this.row[inherited] : known.row;
    let exe = known === undefined ? this.exe[inherited] : table.exe[known.row];
    let comm = known === undefined ? this.comm[inherited] : table.comm[known.row];
    const first = this.#from.length;
    this.#first[life.place] = first;
    this.#add(-1, row, this.cwd[inherited]);
    let program = first;
    for (let i = life.from; i < life.to; i++) {
      const at = own[i];
      const event = rows[at];
      const execs = table.success[event] === 1 && isExec(table, event);
      if (execs) {
        this.#name(program, exe, comm);
        program = this.#from.length;
        row = event;
      }
      const cwd = table.cwd[event];
      if (execs || cwd >= 0) {
        this.#add(at, row, cwd >= 0 ? cwd : this.cwd[this.cwd.length - 1]);
      }
      if (table.exe[event] >= 0) exe = table.exe[event];
      if (table.comm[event] >= 0) comm = table.comm[event];
    }
    this.#name(program, exe, comm);
    this.#count[life.place] = this.#from.length - first;
  }

  #add(from: number, row: number, cwd: number): void {
    this.#from.push(from);
    this.row.push(row);
    this.exe.push(NO_TOKEN);
    this.comm.push(NO_TOKEN);
    this.cwd.push(cwd);
  }

  /** One program has one name, however many directories it was in. */
  #name(program: number, exe: number, comm: number): void {
    for (let k = program; k < this.exe.length; k++) {
      this.exe[k] = exe;
      this.comm[k] = comm;
    }
  }
}
