/* SPDX-License-Identifier: Apache-2.0 */
package io.quire.cli.demo;

import io.quire.cli.CommandFailure;
import io.quire.cli.ExitCode;
import io.quire.cli.StopRequest;
import java.io.BufferedReader;
import java.io.IOException;
import java.io.InputStream;
import java.io.InputStreamReader;
import java.lang.management.ManagementFactory;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Deque;
import java.util.List;
import java.util.concurrent.BlockingQueue;
import java.util.concurrent.LinkedBlockingQueue;
import java.util.concurrent.TimeUnit;
import java.util.function.Consumer;

/**
 * The child JVM as its parent sees it: started with this JVM's Java, class path and options, it sends lines and is
 * killed.
 *
 * <p>Threading: confined to the parent's main thread; two daemon threads read what the child writes.
 */
final class WriterProcess implements AutoCloseable {
    private static final int ERROR_LINES_MAX = 40;
    private static final long POLL_MS = 50;
    /** How long the user's signal may come after the one that the terminal sent to the child. */
    private static final long SIGNAL_GRACE_MS = 500;

    private static final String END = "end of output";

    private final Process process;
    private final StopRequest stop;
    private final Consumer<String[]> figures;
    private final long startNs = System.nanoTime();
    private final BlockingQueue<String> lines = new LinkedBlockingQueue<>();
    private final Deque<String> errorLines = new ArrayDeque<>();
    private boolean killed;

    /** Thrown when the user wants to stop. */
    static final class StoppedException extends RuntimeException {
        private static final long serialVersionUID = 1L;

        StoppedException() {
            super("stopped", null, false, false);
        }
    }

    /**
     * Starts a child.
     *
     * @param settings of the demo
     * @param stop asked while waiting
     * @param figures takes the lines that are not waited for, in words
     */
    WriterProcess(final DemoSettings settings, final StopRequest stop, final Consumer<String[]> figures) {
        this.stop = stop;
        this.figures = figures;
        final List<String> command = new ArrayList<>();
        command.add(Path.of(System.getProperty("java.home"), "bin", "java").toString());
        for (final String option : ManagementFactory.getRuntimeMXBean().getInputArguments()) {
            if (isForChild(option)) {
                command.add(option);
            }
        }
        command.add("-cp");
        command.add(System.getProperty("java.class.path"));
        command.add(DemoWriter.class.getName());
        command.add(settings.storeDirectory().toUri().toString());
        command.add(settings.acknowledgementFile().toUri().toString());
        command.add(Long.toString(settings.seed()));
        command.add(Integer.toString(settings.entryCount()));
        command.add(Long.toString(settings.intervalNs()));
        command.add(Boolean.toString(settings.keep()));
        try {
            process = new ProcessBuilder(command).start();
        } catch (final IOException e) {
            throw new CommandFailure(ExitCode.STORE_ERROR, "cannot start a second JVM: " + e.getMessage(), e);
        }
        startReader("quire-demo-out", process.getInputStream(), lines::add);
        startReader("quire-demo-err", process.getErrorStream(), this::keepErrorLine);
    }

    /** Options of this JVM that the child gets too: not those of a debugger, an agent or a port of its own. */
    private static boolean isForChild(final String option) {
        return (option.startsWith("-X") && !option.startsWith("-Xrun") && !option.startsWith("-Xdebug"))
                || option.startsWith("--")
                || option.startsWith("-Dagrona.")
                || option.startsWith("-Djava.io.tmpdir=")
                || option.equals("-ea");
    }

    private static void startReader(final String name, final InputStream stream, final Consumer<String> target) {
        final Thread thread = new Thread(
                () -> {
                    try (BufferedReader in =
                            new BufferedReader(new InputStreamReader(stream, StandardCharsets.UTF_8))) {
                        for (String line = in.readLine(); line != null; line = in.readLine()) {
                            target.accept(line);
                        }
                    } catch (final IOException e) {
                        target.accept("failed reading the child's output broke off: " + e.getMessage());
                    }
                    target.accept(END);
                },
                name);
        thread.setDaemon(true);
        thread.start();
    }

    private void keepErrorLine(final String line) {
        synchronized (errorLines) {
            if (errorLines.size() == ERROR_LINES_MAX) {
                errorLines.removeFirst();
            }
            errorLines.addLast(line);
        }
    }

    /** {@return when it was started, by System.nanoTime} */
    long startNs() {
        return startNs;
    }

    /**
     * Waits for a line.
     *
     * @param name its first word
     * @param timeoutNs how long, nanoseconds
     * @return its words, or null when it did not come in time
     * @throws StoppedException when the user wants to stop
     * @throws CommandFailure when the child failed or ended
     */
    String[] await(final String name, final long timeoutNs) {
        final long deadlineNs = System.nanoTime() + timeoutNs;
        while (System.nanoTime() - deadlineNs < 0) {
            if (stop.requested()) {
                throw new StoppedException();
            }
            final String[] words = next();
            if (words == null) {
                continue;
            }
            if (words[0].equals(name)) {
                return words;
            }
            figures.accept(words);
        }
        return null;
    }

    private String[] next() {
        final String line;
        try {
            line = lines.poll(POLL_MS, TimeUnit.MILLISECONDS);
        } catch (final InterruptedException e) {
            Thread.currentThread().interrupt();
            throw new StoppedException();
        }
        if (line == null) {
            return null;
        }
        if (line.equals(END)) {
            throw ended("the writer ended by itself");
        }
        if (line.startsWith("failed ")) {
            throw ended("the writer failed: " + line.substring("failed ".length()));
        }
        return line.split(" ");
    }

    private RuntimeException ended(final String message) {
        try {
            // A Ctrl-C reaches both processes, and the child may be the quicker one to go.
            final boolean exited = process.waitFor(SIGNAL_GRACE_MS, TimeUnit.MILLISECONDS);
            final long deadlineNs = System.nanoTime() + TimeUnit.MILLISECONDS.toNanos(SIGNAL_GRACE_MS);
            while (!stop.requested() && System.nanoTime() - deadlineNs < 0) {
                Thread.sleep(POLL_MS);
            }
            if (stop.requested()) {
                return new StoppedException();
            }
            final StringBuilder text = new StringBuilder(message);
            if (exited) {
                text.append(", exit code ").append(process.exitValue());
            }
            synchronized (errorLines) {
                errorLines.remove(END);
                if (!errorLines.isEmpty()) {
                    text.append(": ").append(String.join(" | ", errorLines));
                }
            }
            return new CommandFailure(ExitCode.STORE_ERROR, text.toString());
        } catch (final InterruptedException e) {
            Thread.currentThread().interrupt();
            return new StoppedException();
        }
    }

    /** Tells the child something. */
    void tell(final String command) {
        try {
            process.getOutputStream().write((command + "\n").getBytes(StandardCharsets.US_ASCII));
            process.getOutputStream().flush();
        } catch (final IOException e) {
            throw ended("the writer does not listen any more: " + e.getMessage());
        }
    }

    /** Kills the child with SIGKILL, waits for its end, and passes on the figures it had sent. */
    void kill() {
        killed = true;
        process.destroyForcibly();
        awaitEnd();
        try {
            String line = lines.poll(1, TimeUnit.SECONDS);
            while (line != null && !line.equals(END)) {
                pass(line);
                line = lines.poll(1, TimeUnit.SECONDS);
            }
        } catch (final InterruptedException e) {
            Thread.currentThread().interrupt();
        }
    }

    private void pass(final String line) {
        try {
            figures.accept(line.split(" "));
        } catch (final RuntimeException e) {
            keepErrorLine("line cut off by the kill: " + line.length() + " characters");
        }
    }

    /** Waits for a child that was told to finish. */
    void awaitEnd() {
        try {
            process.waitFor();
        } catch (final InterruptedException e) {
            Thread.currentThread().interrupt();
            throw new StoppedException();
        }
    }

    /** {@return id of the process} */
    long pid() {
        return process.pid();
    }

    /** Makes sure that the child is gone. */
    @Override
    public void close() {
        if (!killed && process.isAlive()) {
            process.destroyForcibly();
            boolean interrupted = false;
            while (process.isAlive()) {
                try {
                    process.waitFor();
                } catch (final InterruptedException e) {
                    interrupted = true;
                }
            }
            if (interrupted) {
                Thread.currentThread().interrupt();
            }
        }
    }
}
