import type { Meta } from '@touchline/schemas/api'
import { endpoints } from '../../api/endpoints.js'
import { useResource } from '../../api/resource.js'
import { ErrorPanel } from '../../frame/error-panel.js'
import { useWords } from '../../i18n/dictionary.js'
import { Tabs } from '../../parts/tabs.js'
import { useQuery } from '../../url/url.js'
import { ask, isThere } from './queries.js'
import { DeliveriesPart } from './deliveries-part.js'
import { HandoffsPart } from './handoffs-part.js'
import { ProgramsPart } from './programs-part.js'
import { ScoresPart } from './scores-part.js'
import { SegmentsPart } from './segments-part.js'
import { words } from './words.js'
import './segments.css'

/** S8: who belongs together, who is worth a call, what is done about them. What the server has not is not here. */
export default function Segments() {
  const meta = useResource(endpoints.meta())
  if (meta.data === undefined)
    return meta.error === undefined ? null : <ErrorPanel error={meta.error} retry={meta.reload} />
  return <Parts meta={meta.data} />
}

function Parts({ meta }: { meta: Meta }) {
  const t = useWords(words)
  const [asked] = useQuery('part')
  // Asked for only where something is defined: without a definition there is nothing that they could say.
  const scores = useResource(meta.scores.length === 0 ? null : ask.scores())
  const programs = useResource(meta.programs.length === 0 ? null : ask.programs())
  const sentTo = useResource(endpoints.sentTo())
  const there = [
    'segments' as const,
    ...(meta.scores.length > 0 && isThere(scores) ? (['scores', 'handoffs'] as const) : []),
    ...(meta.programs.length > 0 && isThere(programs) ? (['programs'] as const) : []),
    ...((sentTo.data?.endpoints ?? []).length > 0 ? (['deliveries'] as const) : []),
  ]
  const part = there.find((one) => one === asked) ?? 'segments'
  return (
    <>
      <h1 class="unseen">{t.title}</h1>
      {there.length > 1 && (
        <Tabs
          label={t.parts}
          name="part"
          now={part}
          tabs={there.map((id) => ({ id, title: t[`part.${id}`] }))}
          without={['why', 'at', 'only', 'condition', 'about']}
        />
      )}
      {part === 'segments' && <SegmentsPart />}
      {part === 'scores' && <ScoresPart answer={scores} />}
      {part === 'handoffs' && <HandoffsPart />}
      {part === 'programs' && <ProgramsPart answer={programs} />}
      {part === 'deliveries' && <DeliveriesPart endpoints={sentTo} programs={meta.programs} />}
    </>
  )
}
