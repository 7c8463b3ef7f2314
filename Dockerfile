# The grader in a container, as a user who is not root.
#
#   docker build --target practice --tag grader-practice .   # the program alone: no sources, no solutions
#   docker build --target course --tag grader-course .       # the whole course: what decides a grade
#
# The second holds the solutions and the hidden checks: whoever can start it can read them.

FROM rust:1.95-slim-bookworm AS toolchain
RUN apt-get update \
    && apt-get install -y --no-install-recommends bubblewrap git \
    && rm -rf /var/lib/apt/lists/* \
    && useradd --create-home --uid 1000 grader \
    && install -d -o grader /gradlings
ENV GRADLINGS_OPENBLAS=off

FROM toolchain AS course
WORKDIR /gradlings
USER grader
COPY --chown=grader Cargo.toml Cargo.lock x ./
COPY --chown=grader exercises exercises
COPY --chown=grader solutions solutions
COPY --chown=grader grader grader
# Builds the grader and what learner code is linked against; the solutions earn every point, or there is no
# image. From here on nothing is fetched.
RUN ./x grade --submission solutions
USER root
RUN ln -s /gradlings/x /usr/local/bin/gradlings
USER grader
ENV CARGO_NET_OFFLINE=true
WORKDIR /submission
ENTRYPOINT ["gradlings"]

FROM toolchain AS practice
COPY --from=course /gradlings/target/gradlings/grader /usr/local/bin/grader
ENV GRADER=/usr/local/bin/grader
USER grader
WORKDIR /handout
ENTRYPOINT ["grader", "--workspace", "/handout"]
