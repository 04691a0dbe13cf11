/** The name of a person where there is room for one. */
import { emailFrom, kindOf } from '@touchline/schemas'

/** The first of these traits that is a text which says something. */
export function textOf(
  traits: Readonly<Record<string, unknown>>,
  names: readonly string[],
): string | undefined {
  for (const name of names) {
    const value = traits[name]
    if (typeof value === 'string' && value.trim() !== '') return value.trim()
  }
  return undefined
}

const shownOfVisitor = 4

/** Name, else first and last name, else the address, else the identifier; of a visitor the beginning of it. */
export function displayNameOf(id: string, traits: Readonly<Record<string, unknown>>): string {
  const parts = [
    textOf(traits, ['firstName', 'first_name', 'firstname']),
    textOf(traits, ['lastName', 'last_name', 'lastname']),
  ].filter((part) => part !== undefined)
  const named = textOf(traits, ['name']) ?? (parts.length > 0 ? parts.join(' ') : undefined)
  if (named !== undefined) return named
  const email = textOf(traits, ['email'])
  if (email !== undefined && emailFrom(email) !== undefined) return email
  const kind = kindOf(id)
  const bare = kind === undefined ? id : id.slice(kind.length + 1)
  return kind === 'anon' ? `visitor ${bare.slice(0, shownOfVisitor)}` : bare
}
