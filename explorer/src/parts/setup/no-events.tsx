import { endpoints } from '../../api/endpoints.js'
import { useResource } from '../../api/resource.js'
import { useSession } from '../../api/session.js'
import { useWords } from '../../i18n/dictionary.js'
import { Code } from '../code.js'
import { words } from '../words.js'

const lookEveryMs = 1_000

/** Before the first event: what to paste, and a light that turns by itself. */
export function NoEvents() {
  const t = useWords(words)
  const session = useSession()
  const { data } = useResource(endpoints.meta(), { everyMs: lookEveryMs })
  const hasArrived = (data?.events.total ?? 0) > 0
  const { writeKey = null, snippet = null, publicUrl = location.origin } = session ?? {}
  const curl = `curl -u ${writeKey ?? 'YOUR_WRITE_KEY'}: ${publicUrl}/v1/track -d '{"userId":"ada","event":"Hello"}'`
  return (
    <div class="setup">
      <h1>{t.noEventsTitle}</h1>
      {snippet === null ? (
        <p>{t.noWriteKey}</p>
      ) : (
        <>
          <div>
            <p>{t.noEvents}</p>
            <Code label={t.noEvents} text={snippet} />
          </div>
          <div>
            <p>{t.noEventsCurl}</p>
            <Code label={t.noEventsCurl} text={curl} />
          </div>
        </>
      )}
      <p class="light" role="status" data-on={hasArrived ? '' : undefined}>
        {hasArrived ? t.arrived : t.waiting}
      </p>
      <div>
        <p class="muted">{t.sample}</p>
        <Code label={t.sample} text="npm run demo" />
      </div>
    </div>
  )
}
