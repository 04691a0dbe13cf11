/** What a person or an identifier is called on a page. */

const texts = (traits: Record<string, unknown>, name: string): string => {
  const value = traits[name]
  return typeof value === 'string' ? value.trim() : ''
}

/** The name that was said, else the address, else the identifier. */
export function nameOfPerson(id: string, traits: Record<string, unknown> = {}): string {
  const whole = texts(traits, 'name')
  if (whole !== '') return whole
  const parts = [
    texts(traits, 'firstName') || texts(traits, 'first_name'),
    texts(traits, 'lastName') || texts(traits, 'last_name'),
  ].filter((part) => part !== '')
  if (parts.length > 0) return parts.join(' ')
  return texts(traits, 'email') || nameOfIdentifier(id)
}

/** `user:u7` → u7, `email:ann@acme.com` → ann@acme.com, `anon:7f3a9c…` → visitor 7f3a. */
export function nameOfIdentifier(id: string, visitor = 'visitor'): string {
  if (id.startsWith('anon:')) return `${visitor} ${id.slice(5, 9)}`
  return id.replace(/^(user|email):/, '')
}
