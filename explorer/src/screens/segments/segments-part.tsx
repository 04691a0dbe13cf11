import { useState } from 'preact/hooks'
import { useResource } from '../../api/resource.js'
import { useReady } from '../../frame/ready.js'
import { useWords } from '../../i18n/dictionary.js'
import { useFormats } from '../../i18n/formats.js'
import { Answer } from '../../parts/answer.js'
import { displayText } from '../../parts/text.js'
import { usePreferences } from '../../preferences.js'
import { Link } from '../../url/link.js'
import { hrefOf } from '../../url/url.js'
import { ask, type Definition, type Kind } from './queries.js'
import { Examples } from './examples.js'
import { TryCondition } from './try-condition.js'
import { usePreview } from './use-preview.js'
import { words } from './words.js'

/** Who is where, in words, counted now. */
export function SegmentsPart() {
  const t = useWords(words)
  const answer = useResource(ask.segments())
  useReady(answer.data !== undefined || answer.error !== undefined)
  return (
    <>
      <Answer of={answer}>
        {({ definitions }) =>
          definitions.length === 0 ? (
            <p class="lead">{t.noSegments}</p>
          ) : (
            <ul class="segment-list">
              {definitions.map((one) => (
                <Segment key={one.id} segment={one} />
              ))}
            </ul>
          )
        }
      </Answer>
      <TryCondition saved={answer.reload} />
    </>
  )
}

export const kindOf = (body: Record<string, unknown>): Kind =>
  body['subject'] === 'person' ? 'person' : 'account'

function Segment({ segment }: { segment: Definition }) {
  const t = useWords(words)
  const { language } = usePreferences()
  const formats = useFormats()
  const [isOpen, setIsOpen] = useState(false)
  const { preview, error } = usePreview({ kind: 'segments', body: segment.body })
  const kind = kindOf(segment.body)
  const sentence = segment.sentences?.find(({ path }) => path === 'when')?.[language]
  return (
    <li class="segment">
      <div class="segment-head">
        <h3 class="said">{displayText(segment.name || segment.id, 60)}</h3>
        <button type="button" class="plain end" aria-expanded={isOpen} onClick={() => setIsOpen(!isOpen)}>
          <strong>
            {error !== undefined
              ? '–'
              : preview === undefined
                ? t.counting
                : (kind === 'account' ? t.accounts : t.people)(formats.number(preview.subjects))}
          </strong>{' '}
          <span aria-hidden="true">{isOpen ? '▾' : '▸'}</span>
        </button>
      </div>
      <p class="said">{displayText(sentence ?? t.list, 600)}</p>
      {error !== undefined && <p class="small wrong">{displayText(String((error as Error).message), 300)}</p>}
      {isOpen && preview !== undefined && (
        <div class="segment-examples">
          <Examples examples={preview.examples} kind={kind} />
          <Link href={hrefOf(kind === 'account' ? '/accounts' : '/people', { segment: segment.id })}>
            {t.asList}
          </Link>
        </div>
      )}
    </li>
  )
}
