interface Sdk {
  track(event: object): void
  drain(): Promise<unknown>
}
export const sdks: Record<string, (options: { spoolDir?: string }) => Promise<(host: string) => Sdk>>
export const peerPackages: readonly string[]
