/** The lead score of the demo reckoned by hand out of somebody's touches, for holding the answers of the server to. */
import { definitions } from '../play-a-company/definitions.js'

export interface DemoTouch {
  person: string
  /** Milliseconds since 1970. */
  at: number
  kind: string
  name: string
  direction: string
  paths: string[]
}

const dayMs = 86_400_000
const round = (points: number) => Math.round(points * 1e6) / 1e6

interface Rule {
  id: string
  group?: string
  points: number
  halfLife?: string
  cap?: number
  floor?: number
}
const { rules } = definitions['scores/lead'] as { rules: Rule[] }
const groupCap = 100
const silentDays = 60

/** What the rules that count touches count. */
const counts: Readonly<Record<string, (touch: DemoTouch) => boolean>> = {
  demo: ({ name }) => name === 'Demo Request Submitted',
  webinar: ({ name }) => name === 'Webinar Attended',
  pricing: ({ kind, paths }) => kind === 'visit' && paths.some((path) => path.includes('/pricing')),
  visits: ({ kind }) => kind === 'visit',
  careers: ({ paths }) => paths.some((path) => path.includes('/careers')),
}

/** Points of each rule about what somebody did, before the cap of the group; rules that give nothing are left out. */
export function behaviourOf(touches: readonly DemoTouch[], asOf: number): Map<string, number> {
  const found = new Map<string, number>()
  const past = touches.filter(({ at }) => at <= asOf)
  for (const rule of rules) {
    const isCounted = counts[rule.id]
    if (isCounted === undefined) continue
    const sum = past.filter(isCounted).reduce((total, { at }) => {
      const halfLife = rule.halfLife === undefined ? Infinity : Number.parseInt(rule.halfLife, 10) * dayMs
      return total + rule.points * 2 ** (-(asOf - at) / halfLife)
    }, 0)
    const points = Math.max(rule.floor ?? -Infinity, Math.min(rule.cap ?? Infinity, sum))
    if (points !== 0) found.set(rule.id, round(points))
  }
  const inbound = past.filter(({ direction }) => direction === 'inbound').map(({ at }) => at)
  if (inbound.length > 0 && asOf - Math.max(...inbound) >= silentDays * dayMs) found.set('silent', -15)
  const cut = groupCap - [...found.values()].reduce((sum, points) => sum + points, 0)
  if (cut < 0) found.set('cap:behaviour', round(cut))
  return found
}
