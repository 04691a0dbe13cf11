import { endpoints, type Contested } from '../../api/endpoints.js'
import { useResource } from '../../api/resource.js'
import { useReady } from '../../frame/ready.js'
import { useWords } from '../../i18n/dictionary.js'
import { Answer } from '../../parts/answer.js'
import { SubjectLink } from '../../parts/behind.js'
import { Table, type Column } from '../../parts/table.js'
import { displayText } from '../../parts/text.js'
import { Time } from '../../parts/time.js'
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
    { id: 'email', title: t.email, cell: ({ email }) => <span class="said">{displayText(email, 80)}</span> },
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
    {
      id: 'domain',
      title: t.domain,
      cell: ({ domain }) => <span class="said">{displayText(domain, 80)}</span>,
    },
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
