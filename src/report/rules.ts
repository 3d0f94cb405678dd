/**
 * The rules that draw conclusions, as sentences for people.
 */

/** By rule: what was observed and why it proves or suggests the conclusion; facts are those of KERNEL.md. */
const SENTENCES: ReadonlyMap<string, string> = new Map([
  // Births.
  [
    'clone_return',
    'a fork or clone in the initial pid namespace returned this pid, and the life is the one ' +
      'that fits in time: none of its events is older than the call (facts 4, 9)',
  ],
  [
    'ns_number_order',
    'the call returned a number of its own pid namespace; numbers and pids are handed out in ' +
      'the same order, and this pairing of calls and children is the one that keeps it (fact 9)',
  ],
  [
    'ns_number_between',
    'its records show only an adopter; its pid lies between those of children whose number in ' +
      'the namespace is known, and this call returned a number between theirs (facts 8, 9)',
  ],
  [
    'ns_number_gap',
    'it left no record of its own; the pids and the namespace numbers of its neighbours run in ' +
      'step, so the number that the call returned stands for this pid (fact 9)',
  ],
  [
    'pid_left_over',
    'every birth takes the next free pid, whatever its namespace; between two births whose pids ' +
      'are known as many pids are left as there are calls without a known child (facts 9, 12)',
  ],
  // Parents.
  ['caller', 'the parent is the process that made the call which bore it'],
  ['connector_fork', 'the process connector told of its birth'],
  ['connector_parent', 'the process connector told who its parent was at birth'],
  ['connector_threads', 'the process connector told of its threads'],
  ['connector_exit', 'the process connector told when and how it ended'],
  [
    'clone_parent_flag',
    'the clone had CLONE_PARENT: the child is a sibling of its caller (fact 10)',
  ],
  [
    'clone_parent_shown',
    'its first record shows the parent of the clone3 caller while the caller lived: the flags, ' +
      'which cannot be seen, had CLONE_PARENT (fact 10)',
  ],
  [
    'clone3_orphan_or_sibling',
    'the clone3 caller had init as its parent and had ended before the first record, which shows ' +
      'init: an orphan of the caller, or by CLONE_PARENT, which cannot be seen, a child of init (fact 10)',
  ],
  [
    'ppid',
    'no fork in the log accounts for it; the first ppid= in its own records names the parent, ' +
      'or whoever had adopted it by then (fact 8)',
  ],
  [
    'waited_for',
    'it left no record of its own; a wait returned its pid, and only parents can wait',
  ],
  // Threads.
  ['clone_thread', 'its clone calls had CLONE_THREAD (fact 10)'],
  [
    'clone3_silent',
    'its clone3 calls returned numbers that have no records of their own and were never waited ' +
      'for or signalled, as processes would be: they are threads (fact 10)',
  ],
  // Ends.
  ['exit_group', 'it called exit_group, with the status as argument (fact 13)'],
  ['last_thread_exit', 'each of its threads called exit, and this was the last (fact 13)'],
  ['abend', 'the kernel logged that a signal which dumps core ended it (fact 14)'],
  ['reaped_by_wait', 'a wait returned its pid: it had ended before (facts 5, 14)'],
  [
    'parent_without_children',
    'its parent waited for any child and was told that it has none: this one had ended and was reaped',
  ],
  ['child_adopted', 'a child of its shows a new parent: it had ended by then (facts 8, 14)'],
  [
    'pid_reused',
    'its pid belongs to another life from here on: it had ended and was reaped (facts 5, 12)',
  ],
  [
    'namespace_end',
    'pid 1 of its pid namespace ended, and the kernel kills all that is left in it (fact 11)',
  ],
  [
    'last_exit_before',
    'the last of its threads to call exit gave the status; no exit_group and no signal is known (fact 13)',
  ],
  // Signals.
  [
    'signal_sent',
    'this signal was sent to it, ends a process by default, and it began nothing afterwards (fact 14)',
  ],
  [
    'parent_death_signal',
    'it had asked for this signal at the death of its parent, which ended (prctl)',
  ],
]);

/** What a rule says, with its name; a rule without a sentence goes by its name alone. */
export function ruleSentence(rule: string): string {
  const sentence = SENTENCES.get(rule);
  return sentence === undefined ? rule.replaceAll('_', ' ') : `${sentence} (${rule})`;
}
