/** Answers as the screen's tables and pictures want them. Pure. */
import type { Gaps, Paths } from './queries.js'

export interface StageSilence {
  /** null: the subject was in no stage yet. */
  stage: string | null
  open: number
  longestDays: number | null
  ended: number
  medianEndedDays: number | null
}

/** In the order of the stages; what is in none comes first. */
export function silencesByStage(
  open: Gaps['rows'],
  ended: Gaps['rows'],
  stages: readonly string[],
): StageSilence[] {
  const all: (string | null)[] = [null, ...stages]
  const known = new Set(all)
  const others = [...open, ...ended].map(({ stage }) => stage).filter((stage) => !known.has(stage))
  return [...all, ...new Set(others)]
    .map((stage): StageSilence => {
      const [now, before] = [open, ended].map((rows) =>
        rows.filter((row) => row.stage === stage).map(({ days }) => days),
      )
      return {
        stage,
        open: now?.length ?? 0,
        longestDays: now?.length ? Math.max(...now) : null,
        ended: before?.length ?? 0,
        medianEndedDays: median(before ?? []),
      }
    })
    .filter(({ stage, open: n, ended: m }) => stage !== null || n + m > 0)
}

export function median(values: readonly number[]): number | null {
  const sorted = [...values].sort((a, b) => a - b)
  const middle = sorted.length / 2
  if (sorted.length === 0) return null
  return sorted.length % 2 === 1
    ? (sorted[Math.floor(middle)] ?? null)
    : ((sorted[middle - 1] ?? 0) + (sorted[middle] ?? 0)) / 2
}

export interface FlowNode {
  id: string
  /** Which step it is, from 0. */
  depth: number
  name: string
}
export interface FlowLink {
  source: string
  target: string
  value: number
}

/** What is rare at a depth is one step. */
export const others = '(others)'
const mostOfDepth = 7

/**
 * Steps by their depth, from the most walked paths. The server's edges say what follows what whatever the depth, which
 * goes in circles; a Sankey needs each step apart.
 */
export function flowOf(paths: Paths['paths'], depth = 5): { nodes: FlowNode[]; links: FlowLink[] } {
  const nodes = new Map<string, FlowNode>()
  const links = new Map<string, FlowLink>()
  const nameAt = namesByDepth(paths, depth)
  const node = (name: string, at: number) => {
    const id = `${at} ${name}`
    nodes.set(id, { id, depth: at, name })
    return id
  }
  const link = (source: string, target: string, value: number) => {
    if (value <= 0) return
    const key = `${source} → ${target}`
    links.set(key, { source, target, value: (links.get(key)?.value ?? 0) + value })
  }
  for (const { steps, subjects, converted } of paths) {
    const walked = steps.slice(0, depth).map((step, at) => node(nameAt(step, at), at))
    for (const [at, id] of walked.entries()) if (at > 0) link(walked[at - 1] ?? '', id, subjects)
    const last = walked.at(-1)
    if (last === undefined) continue
    const rest = subjects - converted
    if (converted > 0) link(last, node('(conversion)', walked.length), converted)
    if (rest > 0) link(last, node(walked.length < depth ? '(end)' : '(further)', walked.length), rest)
  }
  return { nodes: [...nodes.values()], links: [...links.values()] }
}

/** The most walked names of each depth; what is none of them is `(others)`. */
export function namesByDepth(paths: Paths['paths'], depth = 5): (step: string, at: number) => string {
  const kept = Array.from({ length: depth }, (_none, at) => {
    const counts = new Map<string, number>()
    for (const { steps, subjects } of paths) {
      const step = steps[at]
      if (step !== undefined) counts.set(step, (counts.get(step) ?? 0) + subjects)
    }
    const names = [...counts].sort((a, b) => b[1] - a[1]).map(([name]) => name)
    return new Set(names.length > mostOfDepth ? names.slice(0, mostOfDepth - 1) : names)
  })
  return (step, at) => (kept[at]?.has(step) ? step : others)
}

/** The paths that go through a node of the flow. */
export function pathsThrough(paths: Paths['paths'], node: string | null): Paths['paths'] {
  if (node === null) return paths
  const nameAt = namesByDepth(paths)
  return paths.filter(({ steps, subjects, converted }) => {
    const walked = steps.slice(0, 5)
    if (walked.some((step, at) => `${at} ${nameAt(step, at)}` === node)) return true
    const end = walked.length < 5 ? '(end)' : '(further)'
    return (
      (converted > 0 && node === `${walked.length} (conversion)`) ||
      (subjects > converted && node === `${walked.length} ${end}`)
    )
  })
}
