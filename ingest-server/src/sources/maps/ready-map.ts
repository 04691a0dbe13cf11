/** A ready map as its file writes it. */
import { importBody, type ImportBody } from '@touchline/schemas/api'
import type { z } from 'zod'

export interface ReadyMap {
  id: string
  name: string
  /** How the file is exported. */
  about: string
  /** As one would save it. */
  sent: Record<string, unknown>
  body: ImportBody
}

type Frozen<T> = T extends readonly (infer Item)[]
  ? readonly Frozen<Item>[]
  : T extends object
    ? { readonly [Key in keyof T]: Frozen<T[Key]> }
    : T

/** What a map's file says; parts that several outputs share are constants. */
export type MapText = Frozen<z.input<typeof importBody>>

export function readyMap(id: string, about: string, sent: MapText): ReadyMap {
  const body = importBody.parse(sent)
  return { id, name: sent.name ?? id, about, sent: { ...sent }, body }
}
