/** A kind of touch is a shape: told apart without any colour. Each within a circle of 5 px around 0, 0. */
import type { Touchpoint } from '../../api/endpoints.js'

type Kind = Touchpoint['kind']

const outlines: Record<Kind, string> = {
  visit: 'M4.5 0a4.5 4.5 0 1 1-9 0a4.5 4.5 0 1 1 9 0z',
  action: 'M-4-4h8v8h-8z',
  identified: 'M0-5.5l5.5 5.5l-5.5 5.5l-5.5-5.5z',
  joined_account: 'M0-5l5.5 9h-11z',
  offline: 'M-2-5h4l3 3v4l-3 3h-4l-3-3v-4z',
  email: 'M-5.5-3.5h11v7h-11z',
  ad: 'M0 5l5.5-9h-11z',
  crm: 'M-1.8-5h3.6v3.2h3.2v3.6h-3.2v3.2h-3.6v-3.2h-3.2v-3.6h3.2z',
}

export const outlineOf = (kind: string): string => outlines[kind as Kind] ?? outlines.action

const paths = new Map<string, Path2D>()
export function pathOf(kind: string): Path2D {
  const known = paths.get(kind)
  if (known !== undefined) return known
  const path = new Path2D(outlineOf(kind))
  paths.set(kind, path)
  return path
}
