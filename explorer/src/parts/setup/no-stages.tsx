import { useEffect, useState } from 'preact/hooks'
import type { previewAnswer } from '@touchline/schemas/api'
import { send } from '../../api/client.js'
import { endpoints, type Output, type Templates } from '../../api/endpoints.js'
import { useResource } from '../../api/resource.js'
import { useSession } from '../../api/session.js'
import { ErrorPanel } from '../../frame/error-panel.js'
import { useFormats } from '../../i18n/formats.js'
import { useWords } from '../../i18n/dictionary.js'
import { Answer } from '../answer.js'
import { displayText } from '../text.js'
import { words } from '../words.js'

type Template = Templates['templates'][number]
type Preview = Output<typeof previewAnswer>

/** Before the first stage: the templates, each with how many accounts it would place where. */
export function NoStages({ done }: { done: () => void }) {
  const t = useWords(words)
  const templates = useResource(endpoints.templates())
  const withStages = ({ definitions }: Template) => definitions.some(({ kind }) => kind === 'stages')
  return (
    <div class="setup">
      <h2>{t.noStagesTitle}</h2>
      <p>{t.noStages}</p>
      <Answer of={templates}>
        {(data) => (
          <ul class="templates">
            {data.templates.filter(withStages).map((template) => (
              <TemplateCard key={template.id} template={template} done={done} />
            ))}
          </ul>
        )}
      </Answer>
    </div>
  )
}

function TemplateCard({ template, done }: { template: Template; done: () => void }) {
  const t = useWords(words)
  const formats = useFormats()
  const mayChange = useSession()?.role === 'admin'
  const [preview, setPreview] = useState<Preview>()
  const [error, setError] = useState<unknown>()
  const [isTaken, setIsTaken] = useState(false)
  useEffect(() => {
    const abort = new AbortController()
    previewOf(template, abort.signal).then(setPreview, () => undefined)
    return () => abort.abort()
  }, [template])
  const take = async () => {
    setError(undefined)
    try {
      await send(`/v1/definitions/templates/${encodeURIComponent(template.id)}`, { method: 'POST', body: {} })
      setIsTaken(true)
      done()
    } catch (reason) {
      setError(reason)
    }
  }
  const placed = preview?.stages?.filter(({ subjects }) => subjects > 0) ?? []
  return (
    <li>
      <h3>{displayText(template.name)}</h3>
      <p class="muted">{displayText(template.about, 400)}</p>
      {preview !== undefined && (
        <p class="small">
          {placed.length === 0
            ? t.placesNobody
            : placed
                .map(({ id, subjects }) => t.placed(formats.number(subjects), displayText(id)))
                .join(' · ')}
        </p>
      )}
      {error !== undefined && <ErrorPanel error={error} />}
      <button type="button" disabled={!mayChange || isTaken} onClick={() => void take()}>
        {isTaken ? t.taken : t.take}
      </button>
      {!mayChange && <p class="small muted">{t.mayNotChange}</p>}
    </li>
  )
}

async function previewOf({ definitions }: Template, signal: AbortSignal): Promise<Preview | undefined> {
  const stages = definitions.find(({ kind }) => kind === 'stages')
  if (stages === undefined) return undefined
  return send<Preview>('/v1/definitions/preview', {
    method: 'POST',
    body: { ...stages, with: definitions.filter((one) => one !== stages) },
    signal,
  })
}
