import { useMemo } from 'preact/hooks'
import type { Meta } from '@touchline/schemas/api'
import { endpoints, type AccountListed, type AccountsListed } from '../../api/endpoints.js'
import { useAnswer } from '../../api/resource.js'
import { useFormats } from '../../i18n/formats.js'
import { useWords } from '../../i18n/dictionary.js'
import { accountsByAttention } from '../../lists/attention.js'
import { sorting, textTrait, useSharedColumns } from '../../lists/columns.js'
import { ListFrame } from '../../lists/list-frame.js'
import { usePages } from '../../lists/pages.js'
import { useListQuery, type ListQuery } from '../../lists/query.js'
import { words } from '../../lists/words.js'
import { downloadCsv } from '../../parts/csv.js'
import { Ready } from '../../parts/ready.js'
import { NoAccounts, NoStages } from '../../parts/setup/index.js'
import type { Column } from '../../parts/table.js'
import { displayText } from '../../parts/text.js'
import { WithMeta } from '../../parts/with-meta.js'
import { Link } from '../../url/link.js'
import { hrefOf, setQuery } from '../../url/url.js'

/** S4: which account needs me? */
export default function Accounts() {
  const t = useWords(words)
  return (
    <WithMeta>
      {(meta, reload) =>
        meta.accounts === 0 ? (
          <>
            <Ready />
            <NoAccounts />
          </>
        ) : (
          <>
            <h1 class="unseen">{t.accounts}</h1>
            <AccountList meta={meta} />
            {meta.stages.length === 0 && <NoStages done={reload} />}
          </>
        )
      }
    </WithMeta>
  )
}

function AccountList({ meta }: { meta: Meta }) {
  const t = useWords(words)
  const query = useListQuery()
  const list = useAccounts(query, meta)
  const columns = useColumns(query, meta)
  return (
    <ListFrame
      caption={t.accounts}
      path="/accounts"
      meta={meta}
      query={query}
      list={list}
      columns={columns}
      save={saveCsv}
    >
      {isByAttention(query, meta) && <span class="muted small">{t.attention}</span>}
      {query.sort !== null && (
        <button type="button" class="plain" onClick={() => setQuery({ sort: null, order: null })}>
          {t.byAttention}
        </button>
      )}
    </ListFrame>
  )
}

const isByAttention = (query: ListQuery, meta: Meta) =>
  query.sort === null && query.q === null && query.stage === null && meta.stages.length > 0

/** By attention where nothing else is asked for, else one sorted list of the server. */
function useAccounts(query: ListQuery, meta: Meta) {
  const byAttention = isByAttention(query, meta)
  const attention = useAttention(byAttention ? meta : undefined, query)
  const { q, stage, segment, channel, order } = query
  const sort = query.sort ?? (q === null ? 'silence' : 'lastTouch')
  const pages = usePages<AccountsListed, AccountListed>(
    (cursor) =>
      // By attention this is asked with the smallest page, so that a change of the sort shows something at once.
      endpoints.accounts({
        q,
        stage,
        segment,
        channel,
        sort,
        order,
        limit: byAttention ? 1 : 50,
        cursor,
      }),
    ({ accounts, nextCursor }) => ({ rows: accounts, nextCursor }),
  )
  return byAttention && (attention.isUseful || attention.isLoading)
    ? { ...attention, more: undefined }
    : pages
}

function useAttention(meta: Meta | undefined, { segment, channel }: ListQuery) {
  const stages = meta?.stages.map(({ id }) => id)
  const { data: rows, ...state } = useAnswer<AccountListed[]>(
    stages === undefined ? null : JSON.stringify([stages, segment, channel]),
    (signal) => accountsByAttention(stages ?? [], { segment, channel }, signal),
  )
  return { ...state, rows, isUseful: rows === undefined || rows.length > 0 }
}

function useColumns(query: ListQuery, meta: Meta): Column<AccountListed>[] {
  const t = useWords(words)
  const formats = useFormats()
  const names = useMemo(() => new Map(meta.stages.map(({ id, name }) => [id, name])), [meta])
  const shared = useSharedColumns(query, (id) => names.get(id) ?? id)
  const name: Column<AccountListed> = {
    id: 'name',
    title: t.name,
    is: 'wide',
    cell: ({ id, traits }) => (
      <Link href={hrefOf(`/accounts/${encodeURIComponent(id)}`)}>{displayText(nameOf(id, traits))}</Link>
    ),
  }
  const people: Column<AccountListed> = {
    id: 'people',
    title: t.peopleCount,
    is: 'number',
    ...sorting(query, 'people'),
    cell: (row) => formats.number(row.people),
  }
  return [
    name,
    shared.stage,
    shared.silent,
    shared.last,
    shared.channel,
    people,
    shared.touches,
    shared.weeks,
  ]
}

const nameOf = (id: string, traits: Record<string, unknown>): string =>
  textTrait(traits, ['name', 'company']) ?? id

function saveCsv(rows: readonly AccountListed[]): void {
  downloadCsv(
    'accounts',
    [
      'id',
      'name',
      'stage',
      'stageSince',
      'silentDays',
      'lastTouchAt',
      'lastChannel',
      'people',
      'touches30d',
      'touches',
    ],
    rows.map((row) => [
      row.id,
      nameOf(row.id, row.traits),
      row.stage,
      row.stageSince,
      row.silentDays,
      row.lastTouch?.at,
      row.lastTouch?.channel,
      row.people,
      row.touches30d,
      row.touches,
    ]),
  )
}
