/**
 * Which lives are in the initial pid namespace.
 *
 * What fork returns and wait returns only means a `pid=` there (KERNEL fact 9), and the
 * record does not say where its process is. But namespaces are inherited, so this is one
 * decision over the tree of parents: each life votes by what its own calls show, and the
 * tree is cut where the fewest votes are contradicted.
 */
import { append, lowerBound, NONE } from '../base/list.ts';
import { KIND } from '../tables/kinds.ts';
import { CLONE_NEWPID, type Facts, type Fork } from './facts.ts';
import type { Life } from './life.ts';
import type { LifeIndex } from './life-index.ts';

/** Linux hands out numbers from here on after the first wrap (RESERVED_PIDS in kernel/pid.c). */
const RESERVED_PIDS = 300;

/** What it takes to believe in a namespace that no flag shows: more than one odd child. */
const CUT_COST = 3;
const MATCH = 2;
const SELF = 20;
const FORCED = 1e9;

/** By the number of the life; a silent one has none. */
type Nodes = readonly (Node | undefined)[];

interface Node {
  readonly life: Life;
  children: readonly Node[];
  parent: Node | undefined;
  initial: number;
  foreign: number;
  /** Cost of the subtree with this life in the initial namespace, and outside it. */
  costInitial: number;
  costForeign: number;
  forced: boolean;
  /** Another life's call explains it. */
  explained: boolean;
  seen: boolean;
  outside: boolean;
}

/** By position: 1 where the event's life is outside the initial namespace. */
export function outsideInitial(facts: Facts, index: LifeIndex): Uint8Array {
  const lives = index.all();
  const nodes: (Node | undefined)[] = [];
  for (let i = 0; i < lives.length; i++) {
    lives[i].number = i;
    nodes.push(lives[i].silent ? undefined : newNode(lives[i]));
  }
  for (const node of nodes) if (node !== undefined) link(facts, index, nodes, node);
  vote(facts, nodes);
  const order = topDown(nodes);
  decide(order);
  const outside = new Uint8Array(facts.rows.length);
  for (const node of order) {
    if (!node.outside) continue;
    for (let i = node.life.from; i < node.life.to; i++) outside[facts.own[i]] = 1;
  }
  return outside;
}

function newNode(life: Life): Node {
  return {
    life,
    children: NONE,
    parent: undefined,
    initial: 0,
    foreign: 0,
    costInitial: 0,
    costForeign: 0,
    forced: false,
    explained: false,
    seen: false,
    outside: false,
  };
}

function link(facts: Facts, index: LifeIndex, nodes: Nodes, node: Node): void {
  const first = facts.own[node.life.from];
  const parent = index.at(facts.ppid(first), first);
  const up = parent === undefined ? undefined : nodes[parent.number];
  if (up === undefined || up === node) return;
  node.parent = up;
  up.children = append(up.children, node);
}

function vote(facts: Facts, nodes: Nodes): void {
  const unmatched = new Map<Node, number[]>();
  const unshared = unsharedAtOf(facts, nodes);
  for (const fork of facts.forks) {
    const node = nodeAt(facts, nodes, fork.at);
    if (node === undefined || fork.thread) continue;
    const child = childOf(facts, fork);
    if (child !== undefined) {
      node.initial += facts.ppid(childEvent(facts, fork)) === node.life.pid ? SELF : 1;
      const made = nodes[child.number];
      if (made !== undefined) made.explained = true;
      const unsharedAt = unshared.get(node) ?? Infinity;
      if (made !== undefined && ((fork.flags & CLONE_NEWPID) !== 0 || unsharedAt < fork.at)) {
        made.forced = true;
      }
      continue;
    }
    if (isTooLow(fork.ret, node.life)) node.foreign += SELF;
    const returns = unmatched.get(node);
    if (returns === undefined) unmatched.set(node, [fork.ret]);
    else returns.push(fork.ret);
  }
  for (const wait of facts.waits) {
    const node = nodeAt(facts, nodes, wait.at);
    if (node !== undefined && isTooLow(wait.ret, node.life)) {
      node.foreign += SELF;
    }
  }
  for (const [node, returns] of unmatched) {
    const odd = node.children.filter((child) => !child.explained);
    node.foreign +=
      MATCH *
      strangers(
        returns.filter((ret) => ret < node.life.pid),
        odd.map((child) => child.life.pid),
      );
  }
  voteBySelf(facts, nodes);
}

/**
 * Numbers below RESERVED_PIDS are handed out once, upwards: a child's cannot lie below its
 * parent's own.
 */
function isTooLow(ret: number, life: Life): boolean {
  return ret < RESERVED_PIDS && ret < life.pid;
}

/** Where a life first put its next children into a new pid namespace (KERNEL fact 11). */
function unsharedAtOf(facts: Facts, nodes: Nodes): Map<Node, number> {
  const unshared = new Map<Node, number>();
  for (let at = 0; at < facts.rows.length; at++) {
    const row = facts.rows[at];
    if (facts.table.kind[row] !== KIND.unshare || facts.table.success[row] !== 1) continue;
    const node = nodeAt(facts, nodes, at);
    if (node === undefined || unshared.has(node)) continue;
    if ((facts.table.a0[row] & CLONE_NEWPID) !== 0) unshared.set(node, at);
  }
  return unshared;
}

/** Calls that say what the caller's or a known process's number is in the caller's namespace. */
function voteBySelf(facts: Facts, nodes: Nodes): void {
  const { table } = facts;
  for (let at = 0; at < facts.rows.length; at++) {
    const row = facts.rows[at];
    const kind = table.kind[row];
    if (kind !== KIND.setsid && kind !== KIND.set_tid_address) continue;
    if (table.success[row] !== 1 || table.exit[row] <= 0) continue;
    const node = nodeAt(facts, nodes, at);
    if (node === undefined) continue;
    if (table.exit[row] === table.pid[row]) node.initial += SELF;
    else if (kind === KIND.setsid) node.foreign += SELF;
  }
  for (const kill of facts.kills) {
    const node = nodeAt(facts, nodes, kill.at);
    if (node === undefined || kill.target === 0 || kill.opids.length !== 1) continue;
    if (kill.target === kill.opids[0]) node.initial += SELF;
    else if (facts.kind(kill.at) === KIND.kill) node.foreign += SELF;
  }
}

function nodeAt(facts: Facts, nodes: Nodes, at: number): Node | undefined {
  const life = facts.lifeAt[at];
  return life === undefined ? undefined : nodes[life.number];
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

function childOf(facts: Facts, fork: Fork): Life | undefined {
  const at = childEvent(facts, fork);
  return at < 0 ? undefined : facts.lifeAt[at];
}

/**
 * An event of the returned number that cannot be older than the call (fact 4) and whose
 * record names the caller as parent, or init, or the caller's own parent, as that of an
 * orphan or under CLONE_PARENT would: its position, or -1.
 */
export function childEvent(facts: Facts, fork: Fork): number {
  const [from, to] = facts.range(fork.ret);
  const low = lowerBound(facts.own, from, to, fork.at);
  const caller = facts.pid(fork.at);
  const born = facts.time(fork.at);
  for (const i of [low - 1, low]) {
    if (i < from || i >= to) continue;
    const at = facts.own[i];
    if (facts.time(at) < born) continue;
    const ppid = facts.ppid(at);
    if (ppid === caller || ppid === 1 || ppid === facts.ppid(fork.at)) return at;
  }
  return -1;
}

/** Parents before children; a cycle, which only damaged data can make, is entered once. */
function topDown(nodes: Nodes): Node[] {
  const order: Node[] = [];
  const visit = (root: Node): void => {
    if (root.seen) return;
    root.seen = true;
    let next = order.push(root) - 1;
    for (; next < order.length; next++) {
      for (const child of order[next].children) {
        if (child.seen) continue;
        child.seen = true;
        order.push(child);
      }
    }
  };
  for (const node of nodes) if (node !== undefined && node.parent === undefined) visit(node);
  for (const node of nodes) if (node !== undefined) visit(node);
  return order;
}

/** The cheapest labelling in which everything below a life outside is outside, too. */
function decide(order: readonly Node[]): void {
  for (let i = order.length - 1; i >= 0; i--) {
    const node = order[i];
    node.costInitial += node.foreign;
    node.costForeign += node.initial;
    const { parent } = node;
    if (parent === undefined) continue;
    const cut = node.forced ? 0 : CUT_COST;
    if (node.forced) node.costInitial += FORCED;
    parent.costInitial += Math.min(node.costInitial, node.costForeign + cut);
    parent.costForeign += node.costForeign;
  }
  for (const node of order) {
    const cut = node.forced ? 0 : CUT_COST;
    node.outside = (node.parent?.outside ?? false) || node.costForeign + cut < node.costInitial;
  }
}
