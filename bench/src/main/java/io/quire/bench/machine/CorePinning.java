/* SPDX-License-Identifier: Apache-2.0 */
package io.quire.bench.machine;

import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.DirectoryStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;

/**
 * Puts the thread that works on one core and all other threads on the others, by {@code taskset}, except those that
 * collect garbage while the worker is stopped. Called again before each iteration, for threads that came meanwhile.
 *
 * <p>Threading: thread-safe, immutable.
 *
 * @param workerCore core of the thread that is measured
 * @param otherCores cores of all others, as taskset takes them
 */
public record CorePinning(int workerCore, String otherCores) {
    /** Name of the thread that is measured; the kernel shows the first 15 characters. */
    public static final String WORKER_THREAD_NAME = "bench-worker";

    private static final String PINNER_THREAD_NAME = "bench-pinner";
    private static final String STOPPING_THREAD_NAME = "GC Thread";
    private static final Path CPUINFO = Path.of("/proc/cpuinfo");
    private static final Path TASKS = Path.of("/proc/self/task");
    private static final long COMMAND_LIMIT_S = 10;

    /**
     * Counts the cores of this machine, whatever this process is pinned to.
     *
     * @return cores
     */
    public static int coreCount() {
        try {
            return (int) Files.readAllLines(CPUINFO, StandardCharsets.UTF_8).stream()
                    .filter(line -> line.startsWith("processor"))
                    .count();
        } catch (final IOException e) {
            return Runtime.getRuntime().availableProcessors();
        }
    }

    /**
     * Chooses the last core for the worker and the others for all else.
     *
     * @return the choice, or null where there is one core only or no taskset
     */
    public static CorePinning choose() {
        final int coreCount = coreCount();
        if (coreCount < 2 || !run(List.of("taskset", "-V"))) {
            return null;
        }
        final int last = coreCount - 1;
        return new CorePinning(last, last == 1 ? "0" : "0-" + (last - 1));
    }

    /** What {@link #applyLater} waits for. */
    @FunctionalInterface
    public interface Later {
        /** Lets the pinning begin; returns at once. */
        void now();
    }

    /**
     * Does what {@link #apply} does from another thread, as soon as it is told to, so that a clock of the worker's need
     * not be stopped.
     *
     * @return tells it to begin
     */
    public Later applyLater() {
        final CountDownLatch begin = new CountDownLatch(1);
        final Thread pinner = new Thread(
                () -> {
                    try {
                        begin.await();
                        apply();
                    } catch (final InterruptedException e) {
                        Thread.currentThread().interrupt();
                    }
                },
                PINNER_THREAD_NAME);
        pinner.setDaemon(true);
        pinner.start();
        return begin::countDown;
    }

    /** Lets the worker thread, and those that it starts from now on, run on every core until {@link #apply}. */
    public void release() {
        final String worker = threadNamed(WORKER_THREAD_NAME);
        if (worker != null) {
            run(List.of("taskset", "-p", "-c", "0-" + (coreCount() - 1), worker));
        }
    }

    private static String threadNamed(final String name) {
        try (DirectoryStream<Path> tasks = Files.newDirectoryStream(TASKS)) {
            for (final Path task : tasks) {
                if (name.equals(nameOf(task))) {
                    return task.getFileName().toString();
                }
            }
        } catch (final IOException e) {
            return null;
        }
        return null;
    }

    /** Moves the worker thread of this process to its core and every other thread to the others. */
    public void apply() {
        final List<String> others = new ArrayList<>();
        String worker = null;
        try (DirectoryStream<Path> tasks = Files.newDirectoryStream(TASKS)) {
            for (final Path task : tasks) {
                final String id = task.getFileName().toString();
                final String name = nameOf(task);
                // The first of the name: a thread that the worker has just started has its name until it gets its own.
                if (worker == null && WORKER_THREAD_NAME.equals(name)) {
                    worker = id;
                } else if (!name.startsWith(STOPPING_THREAD_NAME)) {
                    others.add(id);
                }
            }
        } catch (final IOException e) {
            return;
        }
        if (worker != null) {
            run(List.of("taskset", "-p", "-c", Integer.toString(workerCore), worker));
        }
        for (final String other : others) {
            if (!otherCores.equals(coresOf(other))) {
                run(List.of("taskset", "-p", "-c", otherCores, other));
            }
        }
    }

    private static String nameOf(final Path task) {
        try {
            return Files.readString(task.resolve("comm"), StandardCharsets.UTF_8)
                    .trim();
        } catch (final IOException e) {
            return "";
        }
    }

    private static String coresOf(final String task) {
        try {
            for (final String line :
                    Files.readAllLines(TASKS.resolve(task).resolve("status"), StandardCharsets.UTF_8)) {
                if (line.startsWith("Cpus_allowed_list:")) {
                    return line.substring(line.indexOf(':') + 1).trim();
                }
            }
        } catch (final IOException e) {
            return "";
        }
        return "";
    }

    private static boolean run(final List<String> command) {
        try {
            final Process process = new ProcessBuilder(command)
                    .redirectErrorStream(true)
                    .redirectOutput(ProcessBuilder.Redirect.DISCARD)
                    .start();
            return process.waitFor(COMMAND_LIMIT_S, TimeUnit.SECONDS) && process.exitValue() == 0;
        } catch (final IOException e) {
            return false;
        } catch (final InterruptedException e) {
            Thread.currentThread().interrupt();
            return false;
        }
    }
}
