/** What of a MongoDB URI may be shown, and what must not. */

/** The database that a URI names, or godo's own. */
export function databaseOf(uri: string): string {
  const name = /^[a-z+]+:\/\/[^/?]*\/(?<name>[^/?]+)/.exec(uri)?.groups?.['name'];
  return name === undefined ? 'godo' : decode(name);
}

function decode(text: string): string {
  try {
    return decodeURIComponent(text);
  } catch {
    return text;
  }
}

/** What a URI holds that nobody may see: its user information and the values of its options. */
export function secretsOf(uri: string): string[] {
  const rest = uri.slice(uri.indexOf('//') + 2);
  const secrets: string[] = [];
  const user = rest.slice(0, Math.max(0, rest.lastIndexOf('@')));
  if (user !== '') secrets.push(user, ...user.split(':'));
  for (const [, key, value] of rest.matchAll(/[?&](?<key>[^=&]+)=(?<value>[^&]*)/g)) {
    if (/password|secret|token|propert|username/i.test(key)) secrets.push(value);
  }
  const all = [uri, rest, ...secrets, ...secrets.map(decode)];
  // Longer ones first: a shorter one may be a part of them.
  return [...new Set(all)].filter((text) => text !== '').sort((a, b) => b.length - a.length);
}

/** The text with every secret struck out. */
export function withoutSecrets(text: string, secrets: readonly string[]): string {
  let shown = text;
  for (const secret of secrets) shown = shown.replaceAll(secret, '***');
  return shown;
}
