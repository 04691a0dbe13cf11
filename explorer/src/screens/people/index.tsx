import type { Meta } from '@touchline/schemas/api'
import { endpoints, type PeopleListed, type PersonListed } from '../../api/endpoints.js'
import { useFormats } from '../../i18n/formats.js'
import { useWords } from '../../i18n/dictionary.js'
import { sorting, useSharedColumns } from '../../lists/columns.js'
import { ListFrame } from '../../lists/list-frame.js'
import { usePages } from '../../lists/pages.js'
import { useListQuery, type ListQuery } from '../../lists/query.js'
import { words } from '../../lists/words.js'
import { downloadCsv } from '../../parts/csv.js'
import { nameOfPerson } from '../../parts/names.js'
import { Ready } from '../../parts/ready.js'
import { NobodyKnown } from '../../parts/setup/index.js'
import type { Column } from '../../parts/table.js'
import { displayText } from '../../parts/text.js'
import { WithMeta } from '../../parts/with-meta.js'
import { Link } from '../../url/link.js'
import { hrefOf } from '../../url/url.js'

/** Everybody, known or not: who was here, and since when silent. */
export default function People() {
  const t = useWords(words)
  return (
    <WithMeta>
      {(meta) =>
        meta.people === 0 ? (
          <>
            <Ready />
            <NobodyKnown />
          </>
        ) : (
          <>
            <h1 class="unseen">{t.people}</h1>
            <PeopleList meta={meta} />
          </>
        )
      }
    </WithMeta>
  )
}

function PeopleList({ meta }: { meta: Meta }) {
  const t = useWords(words)
  const query = useListQuery()
  const { q, stage, segment, channel, order } = query
  const sort = query.sort ?? 'lastTouch'
  const list = usePages<PeopleListed, PersonListed>(
    (cursor) =>
      endpoints.people({
        q,
        stage,
        segment,
        channel,
        sort,
        order,
        limit: 50,
        cursor,
      }),
    ({ people, nextCursor }) => ({ rows: people, nextCursor }),
  )
  return (
    <ListFrame
      caption={t.people}
      path="/people"
      meta={{ ...meta, stages: [] }}
      query={query}
      list={list}
      columns={useColumns(query)}
      save={saveCsv}
    />
  )
}

function useColumns(query: ListQuery): Column<PersonListed>[] {
  const t = useWords(words)
  const shared = useSharedColumns(query, (id) => id)
  const formats = useFormats()
  const name: Column<PersonListed> = {
    id: 'name',
    title: t.name,
    is: 'wide',
    cell: ({ id, traits }) => (
      <Link href={hrefOf(`/people/${encodeURIComponent(id)}`)}>{displayText(nameOfPerson(id, traits))}</Link>
    ),
  }
  const account: Column<PersonListed> = {
    id: 'account',
    title: t.account,
    cell: ({ accounts: [first, ...more] }) =>
      first === undefined ? (
        <span class="muted">–</span>
      ) : (
        <>
          <Link href={hrefOf(`/accounts/${encodeURIComponent(first)}`)}>{displayText(first, 40)}</Link>
          {more.length > 0 && <span class="muted"> +{more.length}</span>}
        </>
      ),
  }
  const touches: Column<PersonListed> = {
    id: 'all',
    title: t.touches,
    is: 'number',
    ...sorting(query, 'touches'),
    cell: (row) => (row.touches === undefined ? '' : formats.number(row.touches)),
  }
  return [name, account, shared.last, shared.channel, shared.silent, touches, shared.touches, shared.weeks]
}

function saveCsv(rows: readonly PersonListed[]): void {
  downloadCsv(
    'people',
    [
      'id',
      'name',
      'accounts',
      'lastTouchAt',
      'lastChannel',
      'silentDays',
      'touches',
      'touches30d',
      'identifiers',
    ],
    rows.map((row) => [
      row.id,
      nameOfPerson(row.id, row.traits),
      row.accounts.join(' '),
      row.lastTouch?.at,
      row.lastTouch?.channel,
      row.silentDays,
      row.touches,
      row.touches30d,
      row.identifiers.join(' '),
    ]),
  )
}
