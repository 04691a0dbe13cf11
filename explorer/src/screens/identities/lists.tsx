import { useState } from 'preact/hooks'
import { endpoints, type Contested } from '../../api/endpoints.js'
import { useResource } from '../../api/resource.js'
import { useReady } from '../../app/ready.js'
import { useWords } from '../../i18n/dictionary.js'
import { useFormats } from '../../i18n/formats.js'
import { Answer } from '../../parts/answer.js'
import { SubjectLink } from '../../parts/behind.js'
import { Table, type Column } from '../../parts/table.js'
import { shown } from '../../parts/text.js'
import { Time } from '../../parts/time.js'
import { setApartOf } from './queries.js'
import { words } from './words.js'

export function ContestedPart() {
  const t = useWords(words)
  const answer = useResource(endpoints.contested())
  useReady(answer.data !== undefined || answer.error !== undefined)
  return (
    <Answer of={answer}>
      {({ emails, domains }) =>
        emails.length + domains.length === 0 ? (
          <p>{t.noContested}</p>
        ) : (
          <>
            <p class="lead muted">{t.contestedHow}</p>
            {emails.length > 0 && <Emails rows={emails} />}
            {domains.length > 0 && <Domains rows={domains} />}
          </>
        )
      }
    </Answer>
  )
}

function Emails({ rows }: { rows: Contested['emails'] }) {
  const t = useWords(words)
  const columns: Column<Contested['emails'][number]>[] = [
    { id: 'email', title: t.email, cell: ({ email }) => <span class="said">{shown(email, 80)}</span> },
    { id: 'owner', title: t.owner, cell: ({ owner }) => <SubjectLink id={owner} subject="person" /> },
    {
      id: 'claims',
      title: t.claims,
      cell: ({ claims }) =>
        claims.slice(0, 10).map(({ by, at, verified }) => (
          <span class="amount" key={by + at}>
            <SubjectLink id={by} subject="person" /> <Time at={at} as="date" />{' '}
            {verified && <span class="tag tag--green">{t.verified}</span>}
          </span>
        )),
    },
  ]
  return (
    <section class="block">
      <h2>{t.emails}</h2>
      <Table caption={t.emails} isCaptionUnseen columns={columns} rows={rows} keyOf={({ email }) => email} />
    </section>
  )
}

function Domains({ rows }: { rows: Contested['domains'] }) {
  const t = useWords(words)
  const columns: Column<Contested['domains'][number]>[] = [
    { id: 'domain', title: t.domain, cell: ({ domain }) => <span class="said">{shown(domain, 80)}</span> },
    {
      id: 'accounts',
      title: t.accounts,
      cell: ({ claims }) =>
        claims.slice(0, 10).map(({ account, at, verified }) => (
          <span class="amount" key={account + at}>
            <SubjectLink id={account} subject="account" /> <Time at={at} as="date" />{' '}
            {verified && <span class="tag tag--green">{t.verified}</span>}
          </span>
        )),
    },
  ]
  return (
    <section class="block">
      <h2>{t.domains}</h2>
      <Table
        caption={t.domains}
        isCaptionUnseen
        columns={columns}
        rows={rows}
        keyOf={({ domain }) => domain}
      />
    </section>
  )
}

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

function Links({ identifier }: { identifier: string }) {
  const t = useWords(words)
  const { number } = useFormats()
  const answer = useResource(setApartOf(identifier))
  return (
    <div class="links">
      <Answer of={answer}>
        {({ total, links }) => (
          <>
            <p class="muted">{t.links(number(total))}</p>
            <ul>
              {links.map(({ other, firstReceivedAt }) => (
                <li key={other}>
                  <SubjectLink id={other} subject="person" /> <Time at={firstReceivedAt} as="date" />
                </li>
              ))}
            </ul>
          </>
        )}
      </Answer>
    </div>
  )
}
