/* SPDX-License-Identifier: Apache-2.0 */
package io.quire.bench.contestant;

import io.quire.bench.latency.FixedRateRun;
import io.quire.bench.machine.CorePinning;
import io.quire.bench.table.Peer;
import io.quire.bench.table.TableContext;
import io.quire.bench.work.KeyDistribution;
import io.quire.bench.work.WorkRunner;
import java.io.BufferedReader;
import java.io.BufferedWriter;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.TimeUnit;

/**
 * A contestant's JVM, seen from the one that commands it.
 *
 * <p>Threading: confined to one thread.
 */
public final class ContestantProcess implements AutoCloseable {
    private static final long END_LIMIT_S = 30;
    private static final int MEBIBYTE_SHIFT = 20;
    private static final int UNSAFE_WARNING_JDK = 24;

    private final String name;
    private final Process process;
    private final BufferedWriter requests;
    private final BufferedReader answers;

    private ContestantProcess(final String name, final Process process) {
        this.name = name;
        this.process = process;
        requests = process.outputWriter(java.nio.charset.StandardCharsets.UTF_8);
        answers = process.inputReader(java.nio.charset.StandardCharsets.UTF_8);
    }

    /**
     * Starts a JVM with the contestant's own arguments and nothing else set than its heap.
     *
     * @param peer the contestant
     * @param context what it will open
     * @param extraArguments more arguments of the JVM, the same for all contestants
     * @param log receives what it prints to standard error
     * @return the running JVM
     */
    public static ContestantProcess start(
            final Peer peer, final TableContext context, final List<String> extraArguments, final Path log) {
        final List<String> command = command(peer, context, extraArguments);
        try {
            final Process process = new ProcessBuilder(command)
                    .redirectError(ProcessBuilder.Redirect.appendTo(log.toFile()))
                    .start();
            return new ContestantProcess(peer.name(), process);
        } catch (final IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    /**
     * Tells how large the heap of a contestant's JVM is: what the contestant asks for, and what the instruments take.
     *
     * @param peer the contestant
     * @param context what it will open
     * @return bytes
     */
    public static long heapLength(final Peer peer, final TableContext context) {
        return peer.heapLength(context) + WorkRunner.heapLength(context.entryCount());
    }

    static List<String> command(final Peer peer, final TableContext context, final List<String> extraArguments) {
        final List<String> command = new ArrayList<>();
        command.add(Path.of(System.getProperty("java.home"), "bin", "java").toString());
        final long heapMiB = heapLength(peer, context) >>> MEBIBYTE_SHIFT;
        command.add("-Xms" + heapMiB + "m");
        command.add("-Xmx" + heapMiB + "m");
        // Pinning must not make the JVM believe that it has one processor.
        command.add("-XX:ActiveProcessorCount=" + CorePinning.coreCount());
        if (Runtime.version().feature() >= UNSAFE_WARNING_JDK) {
            command.add("--sun-misc-unsafe-memory-access=allow");
            command.add("--enable-native-access=ALL-UNNAMED");
        }
        command.addAll(peer.jvmArguments());
        command.addAll(extraArguments);
        command.add("-cp");
        command.add(System.getProperty("java.class.path"));
        command.add(ContestantMain.class.getName());
        return command;
    }

    /**
     * Tells whose JVM it is.
     *
     * @return name of the contestant
     */
    public String name() {
        return name;
    }

    /**
     * Tells the process id.
     *
     * @return the id
     */
    public long processId() {
        return process.pid();
    }

    /**
     * Sends a request and waits for the answer, however long that takes.
     *
     * @param request what to do
     * @return the answer
     * @throws ContestantFailedException when the contestant reports an error or has ended
     */
    public Message ask(final Message request) {
        try {
            requests.write(request.line());
            requests.newLine();
            requests.flush();
            final String line = answers.readLine();
            if (line == null) {
                throw new ContestantFailedException(name + " ended while asked to " + request);
            }
            final Message answer = Message.parse(line);
            if (answer.has("error")) {
                throw new ContestantFailedException(name + " failed: " + answer.text("error"));
            }
            return answer;
        } catch (final IOException e) {
            throw new ContestantFailedException(name + " ended while asked to " + request + ": " + e.getMessage());
        }
    }

    /**
     * Has the contestant open its table: a new one, or what is in the directory.
     *
     * @param peer the contestant
     * @param context what to open
     * @param keys which keys will be used how often
     * @param pinned whether the worker thread gets a core for itself
     * @return the answer, with openNs and settings
     */
    public Message open(final Peer peer, final TableContext context, final KeyDistribution keys, final boolean pinned) {
        return ask(openRequest(peer, context, keys, pinned).with("loading", false));
    }

    /**
     * The same, of a new table that is filled, closed and opened again: a contestant that syncs each write does not
     * do so yet.
     *
     * @param peer the contestant
     * @param context what to open
     * @param keys which keys will be used how often
     * @param pinned whether the worker thread gets a core for itself
     * @return the answer, with openNs and settings
     */
    public Message openToLoad(
            final Peer peer, final TableContext context, final KeyDistribution keys, final boolean pinned) {
        return ask(openRequest(peer, context, keys, pinned).with("loading", true));
    }

    /**
     * Has the contestant open what is in the directory, read one entry and then all, by one clock.
     *
     * @param peer the contestant
     * @param context what to open
     * @param keys which keys will be used how often
     * @param pinned whether the worker thread gets a core for itself
     * @return the answer: openNs, toFirstGetNs and toAllReadNs, all from the call that opens; and found
     */
    public Message openAndRead(
            final Peer peer, final TableContext context, final KeyDistribution keys, final boolean pinned) {
        return ask(openRequest(peer, context, keys, pinned).with("do", "openAndRead"));
    }

    /**
     * Has the contestant open what is in the directory and begin with operations the moment that it is open.
     *
     * @param peer the contestant
     * @param context what to open
     * @param keys which keys will be used how often
     * @param pinned whether the worker thread gets a core for itself
     * @param run the operations; its warm-up is left out
     * @return the answer of the run, with openNs and found
     */
    public Message openAndRun(
            final Peer peer,
            final TableContext context,
            final KeyDistribution keys,
            final boolean pinned,
            final FixedRateRun run) {
        final Message request = run.toRequest();
        openRequest(peer, context, keys, pinned).fields().forEach(request::with);
        return ask(request.with("do", "openAndRun"));
    }

    private static Message openRequest(
            final Peer peer, final TableContext context, final KeyDistribution keys, final boolean pinned) {
        return Message.request("open")
                .with("peer", peer.name())
                .with("shape", context.shape().code())
                .with("entries", context.entryCount())
                .with("spare", context.spareEntryCount())
                .with("directory", context.directory().toString())
                .with("durable", context.durable())
                .with("keys", keys.code())
                .with("pin", pinned);
    }

    /** Tells the contestant to die without closing anything, and waits for its end. */
    public void kill() {
        process.destroyForcibly();
        awaitEnd();
    }

    private void awaitEnd() {
        try {
            if (!process.waitFor(END_LIMIT_S, TimeUnit.SECONDS)) {
                process.destroyForcibly();
                process.waitFor();
            }
        } catch (final InterruptedException e) {
            process.destroyForcibly();
            Thread.currentThread().interrupt();
        }
    }

    /** Lets the contestant close its table and waits for its end, by force after half a minute. */
    @Override
    public void close() {
        try {
            requests.close();
        } catch (final IOException e) {
            process.destroyForcibly();
        }
        awaitEnd();
    }
}
