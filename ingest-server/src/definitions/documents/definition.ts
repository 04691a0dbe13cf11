/** A definition as it is read: shapes only. */
import type { BodyOf, DefinitionKind } from '@touchline/schemas/api'

export interface Definition<Kind extends DefinitionKind = DefinitionKind> {
  kind: Kind
  id: string
  /** From 1, one a change. */
  version: number
  /** What the body says, else the id. */
  name: string
  body: BodyOf<Kind>
  author: string
  /** Milliseconds since 1970. */
  at: number
  note: string
}
