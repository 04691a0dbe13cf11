/**
 * The journey of an account or a person as a picture needs it: people, touches with their channels, stages and silent
 * gaps.
 */
import type { JourneyMap, MapPerson, Subject } from '@touchline/schemas/api'
import type { Reader } from '../../clickhouse/query.js'
import type { Interval } from '../../identity/people.js'
import { readListedScores, scoreOfList } from '../listed-scores.js'
import { readTraitsOf } from '../listed-traits.js'
import {
  readMapGaps,
  readMapStages,
  readMilestones,
  readPersonalStages,
  stagesFor,
  type Around,
} from './context.js'
import {
  createDictionary,
  readFigures,
  readFolded,
  readInvolved,
  readTouches,
  type Involved,
  type MapFigures,
} from './touches.js'
import { displayNameOf, textOf } from './display-name.js'
import { dayMs } from '../../units.js'

export interface MapAsk {
  subject: Subject
  id: string
  from?: number | undefined
  to?: number | undefined
  columns: number
  asOf: number
  /** Of an account: when each person counted in it. */
  staysOf?: ((person: string) => readonly Interval[]) | undefined
}

/** Beyond these a map is folded, unless its window holds no more than `fewTouches`. */
const mostTouches = 50_000
const mostPeople = 500
const fewTouches = 20_000
/** Lanes that an answer names. */
const mostListed = 2_000

export async function readMap(reader: Reader, ask: MapAsk): Promise<JourneyMap> {
  const { subject, id, asOf } = ask
  const around: Around = { subject, id, asOf }
  const window = { subject, id, from: ask.from, to: ask.to }
  const stages = await stagesFor(reader, around)
  const [figures, involved, traits, entries, gaps, milestones, score] = await Promise.all([
    readFigures(reader, window),
    readInvolved(reader, window, mostListed),
    readTraitsOf(reader, subject, [id], asOf),
    readMapStages(reader, around, stages),
    readMapGaps(reader, around, stages),
    readMilestones(reader, around),
    readScore(reader, around),
  ])
  const { from, to } = spanOf(ask, figures)
  const { people, others } = involved
  const dictionaries = { channels: createDictionary(), kinds: createDictionary(), names: createDictionary() }
  const count = people.length + (others?.people ?? 0)
  const isRaw =
    others === null &&
    (figures.touches <= fewTouches || (figures.touches <= mostTouches && count <= mostPeople))
  const [touches, folded, listed] = await Promise.all([
    isRaw ? readTouches(reader, window, { people, dictionaries }) : null,
    isRaw
      ? null
      : readFolded(reader, window, {
          people,
          channels: dictionaries.channels,
          columns: ask.columns,
          from,
          to,
        }),
    toPeople(reader, people, ask),
  ])
  return {
    account: headOf(ask, {
      figures,
      people: count,
      traits: traits.get(id) ?? {},
      stage: entries.at(-1),
      score,
    }),
    from,
    to,
    asOf,
    channels: dictionaries.channels.texts(),
    kinds: dictionaries.kinds.texts(),
    names: dictionaries.names.texts(),
    people: listed,
    others,
    touches,
    folded,
    gaps: gaps.filter((gap) => gap.from < to && (gap.to ?? Infinity) > from),
    stages: entries,
    milestones: milestones.filter(({ at }) => at >= from && at < to),
  }
}

/** The score that lists show; null where the project has none about this kind of subject. */
async function readScore(reader: Reader, { subject, id, asOf }: Around): Promise<number | null> {
  const score = await scoreOfList(reader, subject, { asOf })
  if (score === undefined) return null
  return (await readListedScores(reader, score, [id], asOf)).get(id)?.total ?? 0
}

/** The window as asked; open sides end with the first touch and with now, or the last touch where that is later. */
function spanOf({ from, to, asOf }: MapAsk, { first, last }: MapFigures): { from: number; to: number } {
  const begin = from ?? first ?? asOf - dayMs
  return { from: begin, to: Math.max(begin + 1, to ?? Math.max(asOf, (last ?? 0) + 1)) }
}

interface Head {
  figures: MapFigures
  people: number
  traits: Record<string, unknown>
  stage: JourneyMap['stages'][number] | undefined
  score: number | null
}

function headOf(
  { id, subject }: MapAsk,
  { figures, people, traits, stage, score }: Head,
): JourneyMap['account'] {
  const { first, last, longestSilenceMs } = figures
  return {
    id,
    name: subject === 'account' ? (textOf(traits, ['name']) ?? id) : displayNameOf(id, traits),
    stage: stage?.to === null ? stage.id : null,
    score,
    owner: textOf(traits, ['owner', 'ownerName', 'accountOwner', 'account_owner']) ?? null,
    people,
    touches: figures.touches,
    channels: figures.channels,
    days: first === null || last === null ? 0 : (last - first) / dayMs,
    longestSilenceDays: longestSilenceMs / dayMs,
  }
}

async function toPeople(reader: Reader, people: readonly Involved[], ask: MapAsk): Promise<MapPerson[]> {
  const ids = people.map(({ id }) => id)
  const [traits, stages] = await Promise.all([
    readTraitsOf(reader, 'person', ids, ask.asOf),
    readPersonalStages(reader, ids.slice(0, mostPeople), ask.asOf),
  ])
  return people.map(({ id, touches, first, last, knownSince }) => {
    const said = traits.get(id) ?? {}
    return {
      id,
      name: displayNameOf(id, said),
      title: textOf(said, ['title', 'jobTitle', 'job_title', 'position', 'role']) ?? '',
      group: textOf(said, ['department', 'team', 'group']) ?? '',
      anonymousUntil: knownSince ?? null,
      spans: (ask.staysOf?.(id) ?? []).map(({ from, to }): [number, number | null] => [
        from ?? first ?? 0,
        to ?? null,
      ]),
      touches,
      first,
      last,
      stages: stages.get(id) ?? [],
    }
  })
}
