/* SPDX-License-Identifier: Apache-2.0 */
package io.quire.bench.latency;

import io.quire.bench.contestant.ContestantFailedException;
import io.quire.bench.contestant.ContestantProcess;
import io.quire.bench.contestant.Message;
import io.quire.bench.contestant.ScratchDirectory;
import io.quire.bench.table.Peer;
import io.quire.bench.table.TableContext;
import java.nio.file.Path;
import java.util.List;

/**
 * A contestant with its table, which can crash and be opened again in another JVM.
 *
 * <p>Threading: confined to one thread.
 */
final class LatencySubject implements AutoCloseable {
    private static final int SPARE_ENTRY_COUNT = 1_000;
    private static final int TINY_ENTRY_COUNT = 2_000;
    private static final int TAIL_DIVISOR = 10;
    private static final int TAIL_COUNT_MAX = 1_000_000;
    private static final double MS_NS = 1e6;

    private final LatencyPlan plan;
    private final Peer peer;
    private final ScratchDirectory scratch;
    private final Path log;
    private TableContext context;
    private ContestantProcess process;

    LatencySubject(final LatencyPlan plan, final Peer peer, final ScratchDirectory scratch, final Path log) {
        this.plan = plan;
        this.peer = peer;
        this.scratch = scratch;
        this.log = log;
        begin();
    }

    private void begin() {
        context =
                new TableContext(plan.shape(), plan.entryCount(), SPARE_ENTRY_COUNT, scratch.empty(peer.name()), true);
        process = ContestantProcess.start(peer, context, List.of(), log);
    }

    Peer peer() {
        return peer;
    }

    Message ask(final Message request) {
        return process.ask(request);
    }

    Message ask(final String request) {
        return process.ask(Message.request(request));
    }

    /** Opens the table, in the JVM that is running. */
    Message open() {
        return process.open(peer, context, plan.keys(), plan.pinned());
    }

    /** Fills a new table, without syncing each write, and opens it as it is measured. */
    Message loadAndOpen() {
        process.openToLoad(peer, context, plan.keys(), plan.pinned());
        ask("load");
        ask("settle");
        ask("checkpoint");
        ask("close");
        return open();
    }

    /** Has an empty table filled, in another JVM, so that the next checkpoint is the first one. */
    void beginAnew() {
        ask("close"); // or what a crash leaves in memory file systems would be left for an owner that never comes
        process.kill();
        begin();
        open();
        ask("load");
        ask("settle");
    }

    /** Tells how many entries are overwritten between the last checkpoint and a crash. */
    static long tailCount(final int entryCount) {
        return Math.max(1, Math.min(TAIL_COUNT_MAX, entryCount / TAIL_DIVISOR));
    }

    /**
     * Takes a checkpoint, overwrites some entries and kills the JVM. Opens the table in another one, which has done the
     * same work with a tiny table before, so that its code is compiled, and runs there: the first operation is due
     * the moment that the call which opens returns.
     *
     * @return the answer of the run, with openMs and tailOperations
     */
    Message crashAndRun(final FixedRateRun run) {
        final long tailCount = tailCount(plan.entryCount());
        ask("checkpoint");
        ask(Message.request("change").with("count", tailCount));
        process.kill();
        process = ContestantProcess.start(peer, context, List.of(), log);
        final TableContext tiny =
                new TableContext(plan.shape(), TINY_ENTRY_COUNT, SPARE_ENTRY_COUNT, scratch.empty("tiny"), true);
        process.open(peer, tiny, plan.keys(), plan.pinned());
        ask("load");
        ask(Message.request("warm")
                .with("work", plan.work().code())
                .with("targetNs", plan.warmNs())
                .with("capNs", plan.warmNs())
                .with("seed", -1));
        final Path tinyLog = scratch.empty("tiny-log").resolve("tiny.hlog").toAbsolutePath();
        ask(run.shortened(plan.warmNs(), tinyLog).toRequest());
        ask("checkpoint");
        ask("close");
        final Message answer = process.openAndRun(peer, context, plan.keys(), plan.pinned(), run);
        if (!answer.flag("found")) {
            throw new ContestantFailedException(peer.name() + " does not find an entry after a crash that it had put"
                    + " before its last checkpoint");
        }
        return answer.with("openMs", answer.number("openNs") / MS_NS).with("tailOperations", tailCount);
    }

    void kill() {
        process.kill();
    }

    @Override
    public void close() {
        process.close();
        scratch.empty(peer.name());
    }
}
