import { useResource } from '../../api/resource.js'
import { useWords } from '../../i18n/dictionary.js'
import { Tabs } from '../../parts/tabs.js'
import { useQuery } from '../../url/url.js'
import { ask, isMissing } from './ask.js'
import { HandoffsPart } from './handoffs-part.js'
import { DeliveriesPart, ProgramsPart } from './programs-part.js'
import { ScoresPart } from './scores-part.js'
import { SegmentsPart } from './segments-part.js'
import { words } from './words.js'
import './segments.css'

/** S8: who belongs together, who is worth a call, what is done about them. What the server has not is not here. */
export default function Segments() {
  const t = useWords(words)
  const [asked] = useQuery('part')
  const scores = useResource(ask.scores())
  const programs = useResource(ask.programs())
  const deliveries = useResource(ask.deliveries())
  const hasScores = scores.data !== undefined || (scores.error !== undefined && !isMissing(scores))
  const hasPrograms = programs.data !== undefined || (programs.error !== undefined && !isMissing(programs))
  const hasDeliveries =
    deliveries.data !== undefined || (deliveries.error !== undefined && !isMissing(deliveries))
  const there = [
    'segments' as const,
    ...(hasScores ? (['scores', 'handoffs'] as const) : []),
    ...(hasPrograms ? (['programs'] as const) : []),
    ...(hasDeliveries ? (['deliveries'] as const) : []),
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
      {part === 'deliveries' && <DeliveriesPart answer={deliveries} />}
    </>
  )
}
