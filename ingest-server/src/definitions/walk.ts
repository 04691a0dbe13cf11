/** Walking conditions, and the conditions, touches and stages of whole definitions, each with its path. Pure. */
import type { BodyOf, Condition, DefinitionKind, Touch } from '@touchline/schemas/api'

export type Path = readonly (string | number)[]

/** `stages[1].enter.touch.kind`. */
export const pathText = (path: Path): string =>
  path.reduce<string>(
    (text, part) => (typeof part === 'number' ? `${text}[${part}]` : text === '' ? part : `${text}.${part}`),
    '',
  )

export interface Found<Node> {
  path: Path
  node: Node
}

/** Every node of the tree but `all`, `any` and `not`. */
export const leavesOf = (condition: Condition): Condition[] => leavesAt(condition).map(({ node }) => node)

export function leavesAt(condition: Condition, path: Path = []): Found<Condition>[] {
  if ('all' in condition) return condition.all.flatMap((one, index) => leavesAt(one, [...path, 'all', index]))
  if ('any' in condition) return condition.any.flatMap((one, index) => leavesAt(one, [...path, 'any', index]))
  if ('not' in condition) return leavesAt(condition.not, [...path, 'not'])
  return [{ path, node: condition }]
}

/** The touch filters of a condition, those of sequences too. */
export const touchesAt = (condition: Condition, path: Path = []): Found<Touch>[] =>
  leavesAt(condition, path).flatMap(({ node, path: at }): Found<Touch>[] => {
    if ('touch' in node) return [{ path: [...at, 'touch'], node: node.touch }]
    if (!('sequence' in node)) return []
    const listed = (field: 'sequence' | 'without', touches: readonly Touch[]) =>
      touches.map((touch, index) => ({ path: [...at, field, index], node: touch }))
    return [...listed('sequence', node.sequence), ...listed('without', node.without ?? [])]
  })

export interface PlacedCondition {
  path: Path
  condition: Condition
}

/** The conditions of a definition's body, outermost ones only. */
export function conditionsOfBody(kind: DefinitionKind, body: unknown): PlacedCondition[] {
  const reader = readers[kind]
  return reader === undefined ? [] : reader(body as never)
}

const at = (path: Path, condition: Condition | undefined): PlacedCondition[] =>
  condition === undefined ? [] : [{ path, condition }]

const readers: { [Kind in DefinitionKind]?: (body: BodyOf<Kind>) => PlacedCondition[] } = {
  goals: ({ when }) => at(['when'], when),
  stages: ({ stages }) =>
    stages.flatMap(({ enter, exit }, index) => [
      ...at(['stages', index, 'enter'], enter),
      ...at(['stages', index, 'exit'], exit),
    ]),
  segments: (body) => ('when' in body ? at(['when'], body.when) : []),
  scores: ({ rules }) => rules.flatMap(({ when }, index) => at(['rules', index, 'when'], when)),
  programs: ({ enter, goal, steps }) => [
    ...at(['enter'], enter),
    ...at(['goal'], goal),
    ...steps.flatMap((step, index) => {
      if ('branch' in step)
        return step.branch.flatMap(({ when }, nth) => at(['steps', index, 'branch', nth, 'when'], when))
      return 'waitUntil' in step && typeof step.waitUntil !== 'string'
        ? at(['steps', index, 'waitUntil'], step.waitUntil)
        : []
    }),
  ],
}

/** Touch filters that stand outside a condition: the rules that map touches to stages. */
export function touchesOfBody(kind: DefinitionKind, body: unknown): Found<Touch>[] {
  const inConditions = conditionsOfBody(kind, body).flatMap(({ condition, path }) =>
    touchesAt(condition, path),
  )
  if (kind !== 'touch-rules') return inConditions
  const { rules } = body as BodyOf<'touch-rules'>
  return rules.map(({ touch }, index) => ({ path: ['rules', index, 'touch'], node: touch }))
}
