import type { Meta } from '@touchline/schemas/api'
import { useReady } from '../../frame/ready.js'
import { useWords } from '../../i18n/dictionary.js'
import { Code } from '../../parts/code.js'
import { NoStages } from '../../parts/setup/index.js'
import { Pick } from '../../parts/pick.js'
import { Tabs } from '../../parts/tabs.js'
import { WithMeta } from '../../parts/with-meta.js'
import { setQuery } from '../../url/url.js'
import { parts, useJourneysQuery } from './queries.js'
import { Months } from './months.js'
import { Opened } from './opened.js'
import { PathsPart } from './paths-part.js'
import { Profile } from './profile.js'
import { Silences } from './silences.js'
import { StagesPart } from './stages-part.js'
import { SummaryRow } from './summary-row.js'
import { words } from './words.js'
import './journeys.css'

/** S6: how do journeys go, where do they stop, and whose end well? */
export default function Journeys() {
  const t = useWords(words)
  return (
    <WithMeta>
      {(meta, reload) => (
        <>
          <h1 class="unseen">{t.title}</h1>
          <Parts meta={meta} reload={reload} />
        </>
      )}
    </WithMeta>
  )
}

function Parts({ meta, reload }: { meta: Meta; reload: () => void }) {
  const t = useWords(words)
  const query = useJourneysQuery(meta)
  const { part } = query
  const hasGoals = meta.goals.length > 0
  const needsGoal = part === 'paths' || part === 'profile' || part === 'months'
  return (
    <>
      {hasGoals && (
        <div class="bar">
          <Pick
            label={t.goal}
            value={query.goal}
            options={meta.goals}
            pick={(id) => setQuery({ goal: id === 'won' ? null : id, open: null }, { push: true })}
          />
        </div>
      )}
      {hasGoals && <SummaryRow query={query} />}
      <Tabs
        label={t.parts}
        name="part"
        now={part}
        tabs={parts.map((id) => ({ id, title: t[`part.${id}`] }))}
        without={['open', 'through', 'view', 'by', 'of']}
      />
      {needsGoal && !hasGoals ? (
        <NoGoals />
      ) : (
        <>
          {part === 'stages' &&
            (meta.stages.length === 0 ? <WithoutStages reload={reload} /> : <StagesPart query={query} />)}
          {part === 'silences' && <Silences meta={meta} query={query} />}
          {part === 'paths' && <PathsPart query={query} />}
          {part === 'profile' && <Profile query={query} />}
          {part === 'months' && <Months query={query} />}
        </>
      )}
      {query.open !== null && <Opened meta={meta} query={query} open={query.open} />}
    </>
  )
}

function WithoutStages({ reload }: { reload: () => void }) {
  useReady(true)
  return <NoStages done={reload} />
}

function NoGoals() {
  const t = useWords(words)
  useReady(true)
  const goal = { name: 'Deal won', subject: 'account', when: { touch: { name: 'Deal Won' } } }
  const curl = `curl -X PUT -u sk_…: ${location.origin}/v1/definitions/goals/won \\\n  -H 'content-type: application/json' \\\n  -d '${JSON.stringify(goal)}'`
  return (
    <div class="setup">
      <h2>{t.noGoals}</h2>
      <p>{t.noGoalsHow}</p>
      <Code label={t.noGoalsHow} text={curl} />
    </div>
  )
}
