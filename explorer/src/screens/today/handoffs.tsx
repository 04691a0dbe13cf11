import type { handoffsAnswer, Meta } from '@touchline/schemas/api'
import { endpoint, type Output } from '../../api/endpoints.js'
import { ApiError } from '../../api/errors.js'
import { useResource } from '../../api/resource.js'
import { useWords } from '../../i18n/dictionary.js'
import { useFormats } from '../../i18n/formats.js'
import { SubjectLink } from '../../parts/behind.js'
import { displayText } from '../../parts/text.js'
import { hrefOf } from '../../url/url.js'
import { mostRows, type Found } from './cards.js'
import { words } from './words.js'

export function useHandoffs({ scores }: Meta): Found {
  const t = useWords(words)
  const formats = useFormats()
  const answer = useResource(
    scores.length === 0
      ? null
      : endpoint<Output<typeof handoffsAnswer>>('/v1/handoffs', { answered: 'no', limit: 100 }),
  )
  if (scores.length === 0) return { card: null, error: undefined }
  const isMissing = answer.error instanceof ApiError && answer.error.status === 404
  if (answer.data === undefined)
    return {
      card: answer.error === undefined ? undefined : null,
      error: isMissing ? undefined : answer.error,
    }
  const all = answer.data.rows
  const rows = all.slice(0, mostRows).map(({ id, subject, subjectKind, total, rules }) => ({
    key: id,
    who: <SubjectLink id={subject} subject={subjectKind} />,
    why: [
      t.score(formats.number(Math.round(total))),
      ...rules
        .slice(0, 3)
        .map(
          ({ rule, points }) =>
            `${displayText(rule, 30)} ${points > 0 ? '+' : ''}${formats.number(Math.round(points))}`,
        ),
    ].join(' · '),
  }))
  return {
    card:
      rows.length === 0
        ? null
        : {
            id: 'handoffs',
            title: t.handoffs(formats.number(all.length)),
            tone: 'good',
            rows,
            more: hrefOf('/segments', { part: 'handoffs' }),
          },
    error: undefined,
  }
}
