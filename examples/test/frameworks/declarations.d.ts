/** As much of Next, Nuxt and SvelteKit as the pages of docs/frameworks use; the frameworks themselves weigh more than all of this. */
declare module 'next/server' {
  export function after(task: () => unknown): void
}
declare module 'next/script' {
  import type { ComponentType } from 'react'
  const Script: ComponentType<{
    src: string
    strategy: 'afterInteractive' | 'beforeInteractive' | 'lazyOnload'
    [data: `data-${string}`]: string | undefined
  }>
  export default Script
}
declare module '@sveltejs/kit' {
  export type RequestHandler = (event: {
    request: Request
    getClientAddress: () => string
  }) => Promise<Response>
  export function json(value: unknown): Response
}
declare module '$env/static/public' {
  export const PUBLIC_TOUCHLINE_KEY: string
  export const PUBLIC_TOUCHLINE_HOST: string
}
declare module '$env/static/private' {
  export const TOUCHLINE_KEY: string
  export const TOUCHLINE_HOST: string
}

declare function defineNuxtConfig(config: object): object
declare function defineNuxtPlugin(plugin: () => { provide: Record<string, unknown> }): object
declare function useRuntimeConfig(): { public: { touchline: { writeKey: string; host: string } } }
declare function defineEventHandler<T>(
  handler: (event: {
    node: { req: { headers: Record<string, string | string[] | undefined> } }
  }) => Promise<T>,
): object
declare function readBody<T>(event: object): Promise<T>
