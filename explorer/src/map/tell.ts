/** The map's words: of touches, silences, people. */
import { useMemo } from 'preact/hooks'
import { useFormats, type Formats } from '../i18n/formats.js'
import { useWords } from '../i18n/dictionary.js'
import { displayText } from '../parts/text.js'
import { foldedKind, type Journey } from './journey/journey.js'
import { measured, type Paint } from './draw/paint.js'
import type { MapText } from './layout/scene.js'
import { words } from './words.js'

export type MapWords = ReturnType<typeof useWords<(typeof words)['en']>>

export interface Tell {
  t: MapWords
  formats: Formats
  text: MapText
  kind: (mark: number) => string
  channel: (index: number) => string
  touch: (mark: number) => string
  gap: (gap: Journey['gaps'][number]) => string
  person: (index: number) => string
}

const longestName = 60

export function useTell(journey: Journey, fonts: Fonts): Tell {
  const t = useWords(words)
  const formats = useFormats()
  return useMemo(() => tellOf(journey, t, formats, fonts), [journey, t, formats, fonts.small])
}

type Fonts = Pick<Paint, 'small' | 'smallBold'>

function tellOf(journey: Journey, t: MapWords, formats: Formats, { small, smallBold }: Fonts): Tell {
  const touch = (mark: number) => {
    const name = journey.names[journey.name[mark] ?? 0] ?? ''
    return name === '' ? kind(mark) : displayText(name, longestName)
  }
  const kind = (mark: number) => {
    const index = journey.kind[mark] ?? 0
    return index === foldedKind ? '' : kindName(t, journey.kinds[index] ?? '')
  }
  const gapDays = (gap: Journey['gaps'][number]) => formats.days(Math.floor(gap.days))
  const gap = (one: Journey['gaps'][number]) => {
    const days = gapDays(one)
    if (one.direction === 'any') return one.open ? t.silentNow(days) : t.silent(days)
    return one.open ? t.unansweredNow(days) : t.unanswered(days)
  }
  const person = (index: number) => displayText(journey.people[index]?.name ?? '', longestName)
  return {
    t,
    formats,
    kind,
    touch,
    gap,
    person,
    channel: (index) => displayText(journey.channels[index] ?? '', longestName) || t.noChannel,
    text: {
      measure: (text, isBold = false) => measured(text, isBold ? smallBold : small),
      gap: (one) => [gap(one), gap({ ...one, open: false }), gapDays(one)],
      flag: ({ name, amount, currency }) =>
        amount === null
          ? displayText(name, 40)
          : `${displayText(name, 40)} ${formats.money(amount, currency)}`,
      became: (one) => becameOf(t, one),
      touch,
    },
  }
}

/** Whose name a visitor got: with the visitor's own, where the answer tells it. */
function becameOf(t: MapWords, one: Journey['people'][number]): string {
  const { visitor } = one as { visitor?: string | null }
  const name = displayText(one.name, 32)
  return visitor ? t.visitorBecame(displayText(visitor, 4).replace('…', ''), name) : t.became(name)
}

export function kindName(t: MapWords, kind: string): string {
  const key = `kind.${kind}`
  return key in t ? (t[key as keyof MapWords] as string) : kind
}
