/** What a template is: definitions for an empty project. */
import type { DefinitionKind } from '@touchline/schemas/api'

export interface TemplateEntry {
  kind: DefinitionKind
  id: string
  body: Record<string, unknown>
}

export interface Template {
  id: string
  name: string
  /** What kind of business it is for, and which events it expects. */
  about: string
  definitions: readonly TemplateEntry[]
}
