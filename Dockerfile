# Maptrail in a container: two stages, so that nothing which only builds is in the image.
ARG BASE_IMAGE=python:3.13-slim

FROM ${BASE_IMAGE} AS build
COPY . /src
RUN python3 /src/bootstrap/install.py --copy /opt/maptrail
# Left of the service models of AWS: what is served, what is delivered with, and what boto3 finds credentials with.
RUN cd /opt/maptrail/lib/python3*/site-packages/botocore/data \
 && ls | grep -vxE '.*\.json|cloudtrail|servicediscovery|sts|s3|sns|signin|sso|sso-oidc' | xargs rm -r

FROM ${BASE_IMAGE}
ARG BASE_IMAGE
LABEL org.opencontainers.image.title="maptrail" \
      org.opencontainers.image.description="AWS Cloud Map on one machine, with the CloudTrail that real calls would leave behind." \
      org.opencontainers.image.licenses="Apache-2.0" \
      org.opencontainers.image.version="0.1.0" \
      org.opencontainers.image.base.name="${BASE_IMAGE}"
# Group 0 may do what the owner may: some platforms run a container as any user of that group.
RUN install -d -o 10001 -g 0 -m 0770 /data
COPY --from=build /opt/maptrail /opt/maptrail
ENV PATH=/opt/maptrail/bin:$PATH \
    PYTHONUNBUFFERED=1 \
    MAPTRAIL_HOST=0.0.0.0 \
    MAPTRAIL_DATA=/data
USER 10001:0
WORKDIR /data
VOLUME /data
EXPOSE 4610
# Without a start period, in which current engines would ask every five seconds only: ready is seen after two.
HEALTHCHECK --interval=2s --timeout=5s --retries=5 CMD ["maptrail", "health"]
ENTRYPOINT ["maptrail"]
CMD ["serve"]
