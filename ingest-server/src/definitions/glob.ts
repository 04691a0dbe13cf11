/** Names with stars, over texts at hand; compile-touch.ts has the same in SQL. */

/**
 * `*` is any run of characters. Each part is looked for behind the one before it, at the first place: a pattern of many
 * stars, over what visitors send, takes no longer than its text is long. A regular expression would try all ways.
 */
export function globOf(pattern: string): (text: string) => boolean {
  const [first = '', ...rest] = pattern.split('*')
  const last = rest.pop()
  if (last === undefined) return (text) => text === pattern
  return (text) => {
    if (!text.startsWith(first) || !text.endsWith(last)) return false
    let at = first.length
    for (const part of rest) {
      const found = text.indexOf(part, at)
      if (found === -1) return false
      at = found + part.length
    }
    return at <= text.length - last.length
  }
}
