/** Where a body stops being JSON, in words that hold nothing of it. `JSON.parse` says it only sometimes, and then quotes the text. */
import { printParseErrorCode, visit } from 'jsonc-parser'

type Code = ReturnType<typeof printParseErrorCode>

const words: Partial<Record<Code, string>> = {
  PropertyNameExpected: 'a name in double quotes is missing',
  ValueExpected: 'a value is missing',
  ColonExpected: 'a colon is missing',
  CommaExpected: 'a comma is missing',
  CloseBraceExpected: 'a } is missing',
  CloseBracketExpected: 'a ] is missing',
  EndOfFileExpected: 'something stands after the end',
  InvalidSymbol: 'JSON has no such word; names and texts stand in double quotes',
  InvalidCommentToken: 'JSON has no comments',
  UnexpectedEndOfString: 'a text has no end; a line feed in it is written \\n',
  UnexpectedEndOfNumber: 'a number has no end',
  InvalidEscapeCharacter: 'a text has an escape that JSON does not know',
  InvalidUnicode: 'a text has an escape that JSON does not know',
  InvalidCharacter: 'a text has a control character that is not escaped',
}

/** How much of a text is looked at: a mistake that repeats stands at its beginning too, and looking costs as much as parsing. */
const lookedAt = 64 * 1024

const found = new Error('The first mistake is found')

/**
 * `line 1, column 9: a value is missing`, both from 1. Undefined where nothing can be said: it is JSON as far as it is
 * looked at, or too deep to look at.
 */
export function whereNotJson(text: string): string | undefined {
  const part = text.slice(0, lookedAt)
  const isCut = part.length < text.length
  let first: string | undefined
  try {
    visit(
      part,
      {
        onError(code, offset, length, line, column) {
          // What touches the cut may be right as it stands.
          if (!isCut || offset + length < part.length)
            first = `line ${line + 1}, column ${column + 1}: ${words[printParseErrorCode(code)] ?? 'this is no JSON'}`
          throw found
        },
      },
      { disallowComments: true },
    )
  } catch (error) {
    // It goes down into the text by recursion.
    if (error !== found && !(error instanceof RangeError)) throw error
  }
  return first
}
