/* SPDX-License-Identifier: Apache-2.0 */
package io.quire.checkpoint.recovery;

import io.quire.checkpoint.io.Threads;
import io.quire.store.errors.StateStoreException;
import io.quire.store.memory.PageDescriptor;
import io.quire.store.memory.PageSource;
import io.quire.store.memory.PagedMemory;
import java.lang.System.Logger.Level;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.locks.LockSupport;
import java.util.function.IntConsumer;

/**
 * Loads the pages that nobody has touched since recovery, in page order and many at a time, on a thread of its own. A
 * page that cannot be loaded stays cold and the rest goes on; whoever touches it gets the error.
 *
 * <p>Threading: started and stopped by the store; progress may be read by any thread.
 */
public final class Hydrator implements Runnable {

    private final PagedMemory memory;
    private final IntConsumer pace;
    private final Runnable afterwards;
    private final Thread thread;
    private final long startNs = System.nanoTime();
    private volatile boolean running = true;
    private volatile int hydratedPages;
    private volatile int failedPages;
    private volatile long elapsedNs;
    private volatile StateStoreException firstFailure;
    private long delayNs;
    private boolean isStarted;

    /**
     * Prepares the thread.
     *
     * @param memory recovered memory
     * @param pace is told how many bytes were loaded and returns when the next may be
     * @param afterwards called on the thread once no page is cold and nobody will ask for one any more
     */
    public Hydrator(final PagedMemory memory, final IntConsumer pace, final Runnable afterwards) {
        this.memory = memory;
        this.pace = pace;
        this.afterwards = afterwards;
        thread = new Thread(this, "quire-hydrator");
        thread.setDaemon(true);
    }

    /**
     * Starts the thread, unless it has been started before.
     *
     * @param delayMs milliseconds until it loads the first page, in which the processor is for those who open the
     *     store and read the first of it
     */
    public void start(final long delayMs) {
        if (!isStarted) {
            isStarted = true;
            delayNs = TimeUnit.MILLISECONDS.toNanos(delayMs);
            thread.start();
        }
    }

    @Override
    public void run() {
        awaitStart();
        final int count = memory.recoveredPageCount();
        for (int page = 0; page < count && running; page += PageSource.RUN_LENGTH_MAX) {
            final int length = Math.min(PageSource.RUN_LENGTH_MAX, count - page);
            hydrate(page, length);
            hydratedPages = page + length;
        }
        elapsedNs = System.nanoTime() - startNs;
        for (int page = 0; page < count && running && failedPages == 0; page++) {
            hydrateOne(page); // waits for those that another thread was loading when this one came by
        }
        if (running && failedPages == 0) {
            memory.hydrationComplete();
            afterwards.run();
        }
    }

    private void awaitStart() {
        final long beginNs = System.nanoTime();
        long remainingNs = delayNs;
        while (remainingNs > 0 && running) {
            LockSupport.parkNanos(this, remainingNs);
            remainingNs = delayNs - (System.nanoTime() - beginNs);
        }
    }

    private void hydrate(final int firstPage, final int count) {
        try {
            if (memory.hydrateRun(firstPage, count) > 0) {
                pace.accept(count << PageDescriptor.PAGE_SHIFT);
            }
        } catch (final StateStoreException e) {
            for (int page = firstPage; page < firstPage + count; page++) {
                hydrateOne(page);
            }
        }
    }

    private void hydrateOne(final int page) {
        try {
            memory.hydrate(page);
        } catch (final StateStoreException e) {
            failedPages = failedPages + 1; // written by this thread only
            if (firstFailure == null) {
                firstFailure = e;
                System.getLogger(Hydrator.class.getName())
                        .log(Level.ERROR, "page " + page + " could not be loaded and stays cold", e);
            }
        }
    }

    /** {@return how far it is} */
    public HydrationProgress progress() {
        final long ns = elapsedNs;
        return new HydrationProgress(
                memory.recoveredPageCount(),
                memory.hydratedPageCount(),
                failedPages,
                memory.coldTouchCount(),
                ns == 0 ? System.nanoTime() - startNs : ns,
                ns != 0);
    }

    /** {@return pages looked at so far, of {@link PagedMemory#recoveredPageCount()}} */
    public int hydratedPages() {
        return hydratedPages;
    }

    /** {@return pages that could not be loaded} */
    public int failedPages() {
        return failedPages;
    }

    /** {@return why the first of them could not, or null} */
    public StateStoreException firstFailure() {
        return firstFailure;
    }

    /** Stops after the run of pages under way and waits for the thread; an interrupt is kept for later. */
    public void stop() {
        running = false;
        thread.interrupt(); // it may be waiting for its pace; nothing else it does minds
        Threads.join(thread);
    }

    /** Waits until all pages were looked at; an interrupt is kept for later. */
    public void await() {
        Threads.join(thread);
    }
}
