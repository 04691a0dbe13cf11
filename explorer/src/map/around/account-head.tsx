import type { JourneyMap } from '@touchline/schemas/api'
import { useFormats } from '../../i18n/formats.js'
import { useWords } from '../../i18n/dictionary.js'
import { displayText } from '../../parts/text.js'
import { words } from '../words.js'

/** The account's own line: what it is, how far, who cares for it, and how long it has been quiet. */
export function AccountHead({ answer }: { answer: JourneyMap }) {
  const t = useWords(words)
  const formats = useFormats()
  const { account, gaps, stages } = answer
  const open = gaps.find((gap) => gap.open && gap.direction === 'any') ?? gaps.find((gap) => gap.open)
  const stage = stages.find(({ to }) => to === null)?.name ?? account.stage
  const count = (n: number) => [formats.number(n), n === 1] as const
  return (
    <header class="account-head">
      <div class="head">
        <h1 class="said">{displayText(account.name)}</h1>
        {account.name !== account.id && <span class="muted said">{displayText(account.id, 80)}</span>}
        <span class="tag">{stage === null ? t.noStage : displayText(stage, 40)}</span>
        {open !== undefined && (
          <span class="tag tag--amber">
            {open.direction === 'any'
              ? t.silentNow(formats.days(Math.floor(open.days)))
              : t.unansweredNow(formats.days(Math.floor(open.days)))}
          </span>
        )}
      </div>
      <p class="facts">
        <span>{strongFirst(t.people(...count(account.people)))}</span>
        <span>{strongFirst(t.touches(...count(account.touches)))}</span>
        <span>{strongFirst(t.channels(...count(account.channels)))}</span>
        <span>{t.over(formats.days(Math.round(account.days)))}</span>
        <span>{t.longest(formats.days(Math.floor(account.longestSilenceDays)))}</span>
        {account.score !== null && (
          <span>
            {t.score} <strong>{formats.number(account.score)}</strong>
          </span>
        )}
        <span>{account.owner === null ? t.noOwner : `${t.owner}: ${displayText(account.owner, 60)}`}</span>
      </p>
    </header>
  )
}

/** The figure stands out, wherever the language puts it. */
function strongFirst(text: string) {
  const [, before = '', figure = '', after = ''] = /^(\D*)([\d.,\s]*\d)(.*)$/s.exec(text) ?? []
  return (
    <>
      {before}
      <strong>{figure}</strong>
      {after}
    </>
  )
}
