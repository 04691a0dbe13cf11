import { useResource } from '../../api/resource.js'
import { useKey } from '../../frame/keys.js'
import { useReady } from '../../frame/ready.js'
import { useWords } from '../../i18n/dictionary.js'
import { useFormats } from '../../i18n/formats.js'
import { Answer } from '../../parts/answer.js'
import { downloadCsv } from '../../parts/csv.js'
import { Tabs, tabOf } from '../../parts/tabs.js'
import { useQuery } from '../../url/url.js'
import { ContestedPart } from './contested.js'
import { mergesOf, mostMerges, parts, type Merge } from './queries.js'
import { HistoryPart } from './history.js'
import { keyOfMerge, MergeItem } from './merge.js'
import { QuarantinedPart } from './quarantined.js'
import { words } from './words.js'
import './identities.css'

/** S10: who became one with whom, by what, and what could not be decided. */
export default function Identities() {
  const t = useWords(words)
  const [asked] = useQuery('part')
  const part = tabOf(asked, parts)
  return (
    <>
      <h1 class="unseen">{t.title}</h1>
      <Tabs
        label={t.parts}
        name="part"
        now={part}
        tabs={parts.map((id) => ({ id, title: t[`part.${id}`] }))}
        without={['open']}
      />
      {part === 'merges' && <MergesPart />}
      {part === 'contested' && <ContestedPart />}
      {part === 'quarantined' && <QuarantinedPart />}
      {part === 'history' && <HistoryPart />}
    </>
  )
}

function MergesPart() {
  const t = useWords(words)
  const formats = useFormats()
  const answer = useResource(mergesOf())
  const [open] = useQuery('open')
  useReady(answer.data !== undefined || answer.error !== undefined)
  useKey('e', () => answer.data && saveCsv(answer.data.merges))
  return (
    <Answer of={answer}>
      {({ merges, days }) => (
        <>
          <p class="lead">
            {merges.length === 0
              ? t.noMerges(formats.days(days))
              : (merges.length < mostMerges ? t.mergesIn : t.mergesMost)(
                  formats.number(merges.length),
                  formats.days(days),
                )}
          </p>
          <ul class="merges">
            {merges.map((merge) => (
              <MergeItem
                key={keyOfMerge(merge)}
                merge={merge}
                isOpen={open === keyOfMerge(merge)}
                done={answer.reload}
              />
            ))}
          </ul>
        </>
      )}
    </Answer>
  )
}

function saveCsv(merges: readonly Merge[]): void {
  downloadCsv(
    'merges',
    ['at', 'identifier', 'person', 'other', 'rule', 'because', 'verified'],
    merges.map(({ at, identifier, person, other, rule, because, verified }) => [
      at,
      identifier,
      person,
      other,
      rule,
      because,
      String(verified),
    ]),
  )
}
