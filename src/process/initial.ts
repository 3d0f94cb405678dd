/**
 * Which lives are in the initial pid namespace.
 *
 * What fork returns and wait returns only means a `pid=` there (KERNEL fact 9), and the
 * record does not say where its process is. But namespaces are inherited, so this is one
 * decision over the tree of parents: each life votes by what its own calls show, and the
 * tree is cut where the fewest votes are contradicted.
 */
import { KIND } from '../tables/kinds.ts';
import { CLONE_NEWPID, type Facts } from './facts.ts';
import { RESERVED_PIDS } from './rank.ts';
import { isTaken, RoughLives } from './rough.ts';

/** What it takes to believe in a namespace that no flag shows: more than one odd child. */
const CUT_COST = 3;
const MATCH = 2;
const SELF = 20;
const FORCED = 1e9;

/** What speaks for either side, by number of the life. */
interface Votes {
  readonly lives: RoughLives;
  /** The parent that the life's first event shows; -1 unknown. */
  readonly parent: Int32Array;
  readonly initial: Float64Array;
  readonly foreign: Float64Array;
  /** A call or a flag put it into another namespace than its parent's. */
  readonly forced: Uint8Array;
  /** Another life's call explains it. */
  readonly explained: Uint8Array;
}

/** By position: 1 where the event's life is outside the initial namespace. */
export function outsideInitial(facts: Facts): Uint8Array {
  const lives = new RoughLives(facts);
  const { count } = lives;
  const votes: Votes = {
    lives,
    parent: parentsOf(facts, lives),
    initial: new Float64Array(count),
    foreign: new Float64Array(count),
    forced: new Uint8Array(count),
    explained: new Uint8Array(count),
  };
  voteByChildren(facts, votes);
  voteByWaits(facts, votes);
  voteBySelf(facts, votes);
  const isOutside = decide(votes, topDown(votes.parent));
  const outside = new Uint8Array(facts.rows.length);
  for (let life = 0; life < count; life++) {
    if (isOutside[life] === 0) continue;
    for (let i = lives.from[life]; i < lives.to[life]; i++) outside[facts.own[i]] = 1;
  }
  markTooLow(facts, outside);
  return outside;
}

/** A number that the initial namespace cannot have given is of another, whoever the caller is taken for. */
function markTooLow(facts: Facts, outside: Uint8Array): void {
  for (const { at, ret, thread } of facts.forks) {
    if (!thread && isTooLow(ret, facts.pid(at))) outside[at] = 1;
  }
  for (const { at, ret } of facts.waits) if (isTooLow(ret, facts.pid(at))) outside[at] = 1;
}

/** A silent life has no parent and is nobody's: it has no event to decide about. */
function parentsOf(facts: Facts, lives: RoughLives): Int32Array {
  const parents = new Int32Array(lives.count).fill(-1);
  for (let life = 0; life < lives.count; life++) {
    if (lives.isSilent(life)) continue;
    const parent = lives.parentAt(facts.own[lives.from[life]]);
    if (parent >= 0 && parent !== life && !lives.isSilent(parent)) parents[life] = parent;
  }
  return parents;
}

function voteByChildren(facts: Facts, votes: Votes): void {
  const { lives, initial, foreign, forced, explained } = votes;
  const unmatched = new Map<number, number[]>();
  const unshared = unsharedAtOf(facts, lives);
  for (let k = 0; k < facts.forks.length; k++) {
    const fork = facts.forks[k];
    const life = lives.lifeAt[fork.at];
    if (life < 0 || fork.thread) continue;
    const childAt = lives.childAt[k];
    if (childAt >= 0) {
      initial[life] += facts.ppid(childAt) === lives.pid[life] ? SELF : 1;
      const child = lives.lifeAt[childAt];
      explained[child] = 1;
      const unsharedAt = unshared.get(life) ?? Infinity;
      if ((fork.flags & CLONE_NEWPID) !== 0 || unsharedAt < fork.at) forced[child] = 1;
      continue;
    }
    if (isTooLow(fork.ret, lives.pid[life]) || isTaken(facts, fork)) foreign[life] += SELF;
    const returns = unmatched.get(life);
    if (returns === undefined) unmatched.set(life, [fork.ret]);
    else returns.push(fork.ret);
  }
  voteByStrangers(votes, unmatched);
}

/** Children that no call explains, and calls whose child nothing shows: they may be the same. */
function voteByStrangers(
  { lives, parent, foreign, explained }: Votes,
  unmatched: ReadonlyMap<number, readonly number[]>,
): void {
  const odd = new Map<number, number[]>();
  for (let life = 0; life < lives.count; life++) {
    if (explained[life] !== 0 || !unmatched.has(parent[life])) continue;
    const pids = odd.get(parent[life]);
    if (pids === undefined) odd.set(parent[life], [lives.pid[life]]);
    else pids.push(lives.pid[life]);
  }
  for (const [life, pids] of odd) {
    const returns = unmatched.get(life) as readonly number[];
    const low = returns.filter((ret) => ret < lives.pid[life]);
    foreign[life] += MATCH * strangers(low, pids);
  }
}

function voteByWaits(facts: Facts, { lives, foreign }: Votes): void {
  for (let i = 0; i < facts.waits.length; i++) {
    const wait = facts.waits[i];
    const life = lives.lifeAt[wait.at];
    if (life >= 0 && isTooLow(wait.ret, lives.pid[life])) foreign[life] += SELF;
  }
}

/**
 * Numbers below RESERVED_PIDS are handed out once, upwards: a child's cannot lie below its
 * parent's own.
 */
function isTooLow(ret: number, pid: number): boolean {
  return ret < RESERVED_PIDS && ret < pid;
}

/** Where a life first put its next children into a new pid namespace (KERNEL fact 11). */
function unsharedAtOf(facts: Facts, lives: RoughLives): Map<number, number> {
  const unshared = new Map<number, number>();
  for (const at of facts.unshares) {
    const life = lives.lifeAt[at];
    if (life >= 0 && !unshared.has(life)) unshared.set(life, at);
  }
  return unshared;
}

/** Calls that say what the caller's or a known process's number is in the caller's namespace. */
function voteBySelf(facts: Facts, { lives, initial, foreign }: Votes): void {
  const { table } = facts;
  for (const at of facts.special) {
    const row = facts.rows[at];
    const kind = table.kind[row];
    if (kind !== KIND.setsid && kind !== KIND.set_tid_address) continue;
    const life = lives.lifeAt[at];
    if (table.exit[row] <= 0 || life < 0) continue;
    if (table.exit[row] === table.pid[row]) initial[life] += SELF;
    else if (kind === KIND.setsid) foreign[life] += SELF;
  }
  for (const kill of facts.kills) {
    const life = lives.lifeAt[kill.at];
    if (life < 0 || kill.target === 0 || kill.opids.length !== 1) continue;
    if (kill.target === kill.opids[0]) initial[life] += SELF;
    else if (facts.kind(kill.at) === KIND.kill) foreign[life] += SELF;
  }
}

/**
 * How many of the numbers may belong to as many of the pids: a number in a namespace is
 * never above the pid that was handed out with it.
 */
function strangers(returns: readonly number[], pids: readonly number[]): number {
  const numbers = [...returns].sort((a, b) => a - b);
  let pairs = 0;
  for (const pid of [...pids].sort((a, b) => a - b)) if (numbers[pairs] < pid) pairs++;
  return pairs;
}

/** Parents before children; a cycle, which only damaged data can make, is entered once. */
function topDown(parent: Int32Array): Int32Array {
  const order = new Int32Array(parent.length);
  const entered = new Uint8Array(parent.length);
  const path: number[] = [];
  let count = 0;
  for (let life = 0; life < parent.length; life++) {
    for (let walk = life; walk >= 0 && entered[walk] === 0; walk = parent[walk]) {
      entered[walk] = 1;
      path.push(walk);
    }
    for (let up = path.pop(); up !== undefined; up = path.pop()) order[count++] = up;
  }
  return order;
}

/**
 * The cheapest labelling in which everything below a life outside is outside, too: 1 for
 * each life that is.
 */
function decide({ parent, initial, foreign, forced }: Votes, order: Int32Array): Uint8Array {
  /** Cost of the subtree with its top in the initial namespace, and outside it. */
  const inside = foreign.slice();
  const beyond = initial.slice();
  for (let i = order.length - 1; i >= 0; i--) {
    const life = order[i];
    const up = parent[life];
    if (up < 0) continue;
    const cut = forced[life] === 0 ? CUT_COST : 0;
    if (forced[life] !== 0) inside[life] += FORCED;
    inside[up] += Math.min(inside[life], beyond[life] + cut);
    beyond[up] += beyond[life];
  }
  const outside = new Uint8Array(order.length);
  for (let i = 0; i < order.length; i++) {
    const life = order[i];
    const up = parent[life];
    const cut = forced[life] === 0 ? CUT_COST : 0;
    const cheaper = beyond[life] + cut < inside[life];
    if (cheaper || (up >= 0 && outside[up] !== 0)) outside[life] = 1;
  }
  return outside;
}
