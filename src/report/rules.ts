/**
 * The rules that draw conclusions, as sentences for people.
 */

/** By rule: what was observed and why it proves or suggests the conclusion; numbers are facts of KERNEL.md. */
const SENTENCES: Readonly<Record<string, string>> = {};

/** What a rule says, with its name; a rule without a sentence goes by its name alone. */
export function ruleSentence(rule: string): string {
  const sentence = SENTENCES[rule];
  return sentence === undefined ? rule.replaceAll('_', ' ') : `${sentence} (${rule})`;
}
