# Touchline, all roles in one image; ROLES says which ones a container plays.
# glibc is needed: the embedded ClickHouse ships as a glibc library, so no Alpine.
FROM node:24-bookworm-slim AS build
WORKDIR /app
COPY package.json package-lock.json .npmrc ./
COPY schemas/package.json schemas/
COPY sdk-browser/package.json sdk-browser/
COPY sdk-node/package.json sdk-node/
COPY ingest-server/package.json ingest-server/
COPY explorer/package.json explorer/
COPY examples/package.json examples/
RUN npm ci --no-audit --no-fund
COPY . .
RUN npm run build && npm prune --omit=dev --no-audit --no-fund

FROM node:24-bookworm-slim
ENV NODE_ENV=production HOST=0.0.0.0 PORT=8484 DATA_DIR=/data
WORKDIR /app
COPY --from=build --chown=root:root /app/package.json ./
COPY --from=build --chown=root:root /app/node_modules node_modules
COPY --from=build --chown=root:root /app/schemas schemas
COPY --from=build --chown=root:root /app/sdk-browser sdk-browser
COPY --from=build --chown=root:root /app/sdk-node sdk-node
COPY --from=build --chown=root:root /app/ingest-server ingest-server
COPY --from=build --chown=root:root /app/explorer/dist explorer/dist
RUN mkdir /data && chown node:node /data
# Not root: the process may write to /data and nowhere else.
USER node
VOLUME /data
EXPOSE 8484
STOPSIGNAL SIGTERM
HEALTHCHECK --interval=10s --timeout=3s --start-period=30s --retries=3 \
  CMD node -e "fetch('http://127.0.0.1:'+process.env.PORT+'/health/live').then(a=>process.exit(a.ok?0:1),()=>process.exit(1))"
CMD ["node", "ingest-server/dist/main.js"]
