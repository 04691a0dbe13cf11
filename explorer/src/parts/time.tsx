import { useFormats } from '../i18n/formats.js'

interface TimeProps {
  at: string | number | null | undefined
  as?: 'day' | 'date' | 'time' | 'clock' | 'moment'
}

/** A time in the zone of the view; UTC on hover. */
export function Time({ at, as = 'moment' }: TimeProps) {
  const formats = useFormats()
  if (at === null || at === undefined) return <>–</>
  const time = new Date(at)
  if (Number.isNaN(time.getTime())) return <>–</>
  return (
    <time dateTime={time.toISOString()} title={formats.utc(time)}>
      {formats[as](time)}
    </time>
  )
}
