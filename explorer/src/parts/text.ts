/** Words that events carry, as a page may show them. */

export const mostShown = 200

/**
 * At most 200 characters; what turns the direction of the text around or cannot be seen is shown by its name
 * (`‹U+202E›`), so that no name can pass for another.
 */
export function displayText(text: string, most = mostShown): string {
  const start = text.length > most * 4 ? text.slice(0, most * 4) : text
  const letters = [...start.replace(unseen, named)]
  return letters.length > most || start.length < text.length
    ? `${letters.slice(0, most).join('')}…`
    : letters.join('')
}

// Bidi controls, joiners of nothing, line and paragraph separators, C0 and C1: ZWJ and ZWNJ stay, scripts and emoji need them.
const unseen = /[\u0000-\u001f\u007f-\u009f\u061c\u200b\u200e\u200f\u2028-\u202e\u2060-\u206f\ufeff]/g // eslint-disable-line no-control-regex

function named(one: string): string {
  if (one === '\n' || one === '\t' || one === '\r') return ' '
  return `‹U+${(one.codePointAt(0) ?? 0).toString(16).toUpperCase().padStart(4, '0')}›`
}

/** The address where it is one of the web; an event may hold `javascript:` there. */
export function webAddress(text: string): string | undefined {
  try {
    const { protocol, href } = new URL(text)
    return protocol === 'https:' || protocol === 'http:' ? href : undefined
  } catch {
    return undefined
  }
}
