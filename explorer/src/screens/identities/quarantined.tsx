import { useState } from 'preact/hooks'
import { send } from '../../api/client.js'
import { endpoints } from '../../api/endpoints.js'
import { useResource } from '../../api/resource.js'
import { ErrorPanel } from '../../frame/error-panel.js'
import { useReady } from '../../frame/ready.js'
import { useWords } from '../../i18n/dictionary.js'
import { useFormats } from '../../i18n/formats.js'
import { Answer } from '../../parts/answer.js'
import { SubjectLink } from '../../parts/behind.js'
import { displayText } from '../../parts/text.js'
import { Time } from '../../parts/time.js'
import { Link } from '../../url/link.js'
import { hrefOf } from '../../url/url.js'
import { DecisionForm } from './decision-form.js'
import { releasePath, quarantinedLinksOf, type Released } from './queries.js'
import { words } from './words.js'

export function QuarantinedPart() {
  const t = useWords(words)
  const answer = useResource(endpoints.quarantined())
  useReady(answer.data !== undefined || answer.error !== undefined)
  return (
    <Answer of={answer}>
      {({ identifiers }) =>
        identifiers.length === 0 ? (
          <p>{t.noQuarantined}</p>
        ) : (
          <section class="block">
            <h2>{t.quarantined}</h2>
            <p class="lead muted">{t.quarantinedHow}</p>
            <ul class="behind">
              {identifiers.map((identifier) => (
                <Quarantined key={identifier} identifier={identifier} />
              ))}
            </ul>
          </section>
        )
      }
    </Answer>
  )
}

function Quarantined({ identifier }: { identifier: string }) {
  const t = useWords(words)
  const [isOpen, setIsOpen] = useState(false)
  return (
    <li>
      <SubjectLink id={identifier} subject="person" />
      <button type="button" class="plain" aria-expanded={isOpen} onClick={() => setIsOpen(!isOpen)}>
        <span aria-hidden="true">{isOpen ? '▾' : '▸'}</span> {t.others}
      </button>
      {isOpen && <Links identifier={identifier} />}
    </li>
  )
}

/** What a release would bring back, before anything is written: all of it, or what is chosen. */
function Links({ identifier }: { identifier: string }) {
  const t = useWords(words)
  const { number } = useFormats()
  const answer = useResource(quarantinedLinksOf(identifier))
  const [chosen, setChosen] = useState<ReadonlySet<string>>(new Set())
  const choose = (other: string) =>
    setChosen((now) => new Set(now.has(other) ? [...now].filter((one) => one !== other) : [...now, other]))
  return (
    <div class="links">
      <Answer of={answer}>
        {({ total, links }) => (
          <>
            <p class="muted">{t.links(number(total))}</p>
            <ul>
              {links.map(({ other, firstReceivedAt }) => (
                <li key={other}>
                  <input
                    type="checkbox"
                    aria-label={t.choose(displayText(other, 60))}
                    checked={chosen.has(other)}
                    onChange={() => choose(other)}
                  />{' '}
                  <Link class="said" href={hrefOf(`/people/${encodeURIComponent(other)}`)}>
                    {displayText(other, 60)}
                  </Link>{' '}
                  <Time at={firstReceivedAt} as="date" />
                </li>
              ))}
            </ul>
            {total > 0 && <Release identifier={identifier} total={total} chosen={chosen} />}
          </>
        )}
      </Answer>
    </div>
  )
}

interface ReleaseProps {
  identifier: string
  total: number
  chosen: ReadonlySet<string>
}
function Release({ identifier, total, chosen }: ReleaseProps) {
  const t = useWords(words)
  const { number } = useFormats()
  const [step, setStep] = useState<'shown' | 'asked' | 'writing'>('shown')
  const [released, setReleased] = useState<Released>()
  const [error, setError] = useState<unknown>()
  const write = async (reason: string) => {
    setStep('writing')
    try {
      const others = chosen.size > 0 ? { others: [...chosen] } : {}
      const body = { ...others, reason, author: 'explorer' }
      setReleased(await send<Released>(releasePath(identifier), { method: 'POST', body }))
      setError(undefined)
      setStep('shown')
    } catch (failure) {
      setError(failure)
      setStep('asked')
    }
  }
  const label = chosen.size > 0 ? t.releaseSome(number(chosen.size)) : t.releaseAll(number(total))
  if (released !== undefined)
    return <p role="status">{t.released(number(released.pairs.length), number(released.remaining))}</p>
  return (
    <>
      {error !== undefined && <ErrorPanel error={error} />}
      {step === 'shown' ? (
        <button type="button" onClick={() => setStep('asked')}>
          {label} …
        </button>
      ) : (
        <DecisionForm
          label={label}
          isWriting={step === 'writing'}
          write={(reason) => void write(reason)}
          close={() => setStep('shown')}
        />
      )}
    </>
  )
}
