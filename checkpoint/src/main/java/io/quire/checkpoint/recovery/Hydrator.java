/* SPDX-License-Identifier: Apache-2.0 */
package io.quire.checkpoint.recovery;

import io.quire.checkpoint.io.Threads;
import io.quire.store.errors.StateStoreException;
import io.quire.store.memory.ExtentKind;
import io.quire.store.memory.PageDescriptor;
import io.quire.store.memory.PageSource;
import io.quire.store.memory.PagedMemory;
import java.lang.System.Logger.Level;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.locks.LockSupport;
import java.util.function.BooleanSupplier;
import java.util.function.Consumer;
import java.util.function.IntConsumer;

/**
 * Loads the pages that nobody has touched since recovery, on a thread of its own: first those that lead to entries,
 * then all others, in page order and many at a time. A page that cannot be loaded stays cold and the rest goes on;
 * whoever touches it gets the error. It is tried again some times, after pauses that double; from then on the thread
 * only looks whether others have loaded what was left.
 *
 * <p>Threading: started and stopped by the store; progress may be read by any thread.
 */
public final class Hydrator implements Runnable {
    private static final long RETRY_NS = TimeUnit.SECONDS.toNanos(1);
    private static final int RETRIES_MAX = 10; // about 17 minutes
    private static final long LOOK_NS = TimeUnit.SECONDS.toNanos(1);

    private final PagedMemory memory;
    private final IntConsumer pace;
    private final Consumer<BooleanSupplier> beforehand;
    private final Runnable afterwards;
    private final Thread thread;
    private final long retryNs;
    private volatile long startNs = System.nanoTime();
    private final CountDownLatch passed = new CountDownLatch(1);
    private volatile boolean running = true;
    private volatile int hydratedPages;
    private volatile int failedPages;
    private volatile long elapsedNs;
    private volatile Throwable firstFailure;
    private int failedInPass; // this and the next are the thread's alone
    private boolean isFirstPass = true;
    private long delayNs;
    private volatile boolean isStarted;
    private boolean isPrepared; // of who opens the store

    /**
     * Prepares the thread.
     *
     * @param memory recovered memory
     * @param pace is told how many bytes were loaded and returns when the next may be
     * @param beforehand called first on the thread, and told whether to go on; makes ready what pages come from
     * @param afterwards called on the thread once no page is cold and nobody will ask for one any more
     */
    public Hydrator(
            final PagedMemory memory,
            final IntConsumer pace,
            final Consumer<BooleanSupplier> beforehand,
            final Runnable afterwards) {
        this(memory, pace, beforehand, afterwards, RETRY_NS);
    }

    Hydrator(
            final PagedMemory memory,
            final IntConsumer pace,
            final Consumer<BooleanSupplier> beforehand,
            final Runnable afterwards,
            final long retryNs) {
        this.retryNs = retryNs;
        this.memory = memory;
        this.pace = pace;
        this.beforehand = beforehand;
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
            delayNs = TimeUnit.MILLISECONDS.toNanos(delayMs);
            startThread();
            startNs = System.nanoTime();
            isStarted = true; // not if there is no further thread: nobody would wake who waits for it
            LockSupport.unpark(thread);
        }
    }

    /** Lets the thread make ready what pages come from, while the store is still being opened. */
    public void prepare() {
        try {
            startThread();
        } catch (final OutOfMemoryError e) {
            // There is no further thread now. Start tries again, and says so.
        }
    }

    private void startThread() {
        if (!isPrepared) {
            thread.start();
            isPrepared = true;
        }
    }

    @Override
    public void run() {
        try {
            makeReady();
            awaitStart();
            loadAll();
        } catch (final Throwable e) { // an error of the JVM, or ours
            failed("hydration has ended, pages that nobody touches stay cold", e);
        } finally {
            ended();
            passed.countDown();
        }
    }

    private void makeReady() {
        try {
            beforehand.accept(() -> running);
        } catch (final RuntimeException | OutOfMemoryError e) {
            System.getLogger(Hydrator.class.getName())
                    .log(Level.WARNING, "what pages come from was not made ready; they are loaded without", e);
        }
    }

    private void loadAll() {
        loadIndex();
        pass();
        for (int retry = 0; running && !complete(); retry++) {
            ended();
            passed.countDown(); // nobody waits for what may never come
            pause(retryNs << Math.min(retry, RETRIES_MAX));
            if (running && retry < RETRIES_MAX) {
                pass();
            }
        }
    }

    /**
     * Loads what leads to entries before the entries: it is small, and until it is there an operation meets two cold
     * pages or more instead of one.
     */
    private void loadIndex() {
        final int count = memory.recoveredPageCount();
        try {
            for (int page = 0; page < count && running; page += PageDescriptor.PAGES_PER_EXTENT) {
                if (isIndex(memory.kindForOthers(PageDescriptor.addressOfPage(page)))) {
                    loadExtent(page, Math.min(PageDescriptor.PAGES_PER_EXTENT, count - page));
                }
            }
        } catch (final StateStoreException e) {
            // What tells the kinds of thousands of extents cannot be loaded: not to be asked for each of them.
        }
    }

    private void loadExtent(final int firstPage, final int count) {
        try {
            hydrateSome(firstPage, count);
        } catch (final StateStoreException e) {
            // All pages are tried afterwards, where it is told which cannot be loaded.
        }
    }

    private static boolean isIndex(final ExtentKind kind) {
        return kind == ExtentKind.WINDOW || kind == ExtentKind.PAGES || kind == ExtentKind.RECORD_SEGMENT;
    }

    private void pass() {
        failedInPass = 0;
        final int count = memory.recoveredPageCount();
        for (int page = 0; page < count && running; page += PageSource.RUN_LENGTH_MAX) {
            final int length = Math.min(PageSource.RUN_LENGTH_MAX, count - page);
            hydrate(page, length);
            hydratedPages = Math.max(hydratedPages, page + length); // written by this thread only
        }
        for (int page = 0; page < count && running && failedInPass == 0; page++) {
            hydrateOne(page); // waits for those that another thread was loading when this one came by
        }
        if (running) { // or it was not all that failed
            failedPages = failedInPass;
        }
        isFirstPass = false;
    }

    /** Whether every page is in memory, whoever has loaded the last; then the source is needed no more. */
    private boolean complete() {
        if (failedInPass > 0 && !isEveryPageLoaded()) {
            return false;
        }
        failedPages = 0;
        ended();
        memory.hydrationComplete();
        afterwards.run();
        return true;
    }

    private boolean isEveryPageLoaded() {
        return memory.hydratedPageCount() == memory.recoveredPageCount();
    }

    private void ended() {
        if (elapsedNs == 0) {
            elapsedNs = System.nanoTime() - startNs;
        }
    }

    private void pause(final long ns) {
        final long beginNs = System.nanoTime();
        long remainingNs = ns;
        while (remainingNs > 0 && running && !isEveryPageLoaded()) {
            LockSupport.parkNanos(this, Math.min(LOOK_NS, remainingNs));
            Thread.interrupted(); // means nothing here and would keep the thread from parking
            remainingNs = ns - (System.nanoTime() - beginNs);
        }
    }

    private void failed(final String what, final Throwable cause) {
        if (firstFailure == null) {
            firstFailure = cause;
        }
        System.getLogger(Hydrator.class.getName()).log(Level.ERROR, what, cause);
    }

    private void awaitStart() {
        while (running && !isStarted) {
            LockSupport.park(this);
        }
        long remainingNs = delayNs - (System.nanoTime() - startNs);
        while (remainingNs > 0 && running) {
            LockSupport.parkNanos(this, remainingNs);
            remainingNs = delayNs - (System.nanoTime() - startNs);
        }
    }

    private void hydrate(final int firstPage, final int count) {
        try {
            hydrateSome(firstPage, count);
        } catch (final StateStoreException e) {
            for (int page = firstPage; page < firstPage + count; page++) {
                hydrateOne(page);
            }
        }
    }

    private void hydrateSome(final int firstPage, final int count) {
        final int loaded = memory.hydrateRun(firstPage, count);
        if (loaded > 0) {
            pace.accept(loaded << PageDescriptor.PAGE_SHIFT);
        }
    }

    private void hydrateOne(final int page) {
        try {
            memory.hydrate(page);
        } catch (final StateStoreException e) {
            failedInPass++;
            if (isFirstPass) {
                failedPages = failedInPass;
            }
            if (firstFailure == null) {
                failed("page " + page + " could not be loaded and stays cold; it is tried again", e);
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

    /** {@return pages that could not be loaded when they were last tried in the background} */
    public int failedPages() {
        return failedPages;
    }

    /** {@return why the first of them could not, or why hydration has ended before its time; or null} */
    public Throwable firstFailure() {
        return firstFailure;
    }

    /** Stops after the run of pages under way and waits for the thread; an interrupt is kept for later. */
    public void stop() {
        running = false;
        thread.interrupt(); // it may be waiting for its pace; nothing else it does minds
        Threads.join(thread);
    }

    /**
     * Waits until all pages were looked at once, also those that could not be loaded; an interrupt is kept for later.
     * Returns at once when it was never started.
     */
    public void await() {
        boolean interrupted = false;
        boolean waiting = isStarted && thread != Thread.currentThread();
        while (waiting) {
            try {
                passed.await();
                waiting = false;
            } catch (final InterruptedException e) {
                interrupted = true;
            }
        }
        if (interrupted) {
            Thread.currentThread().interrupt();
        }
    }
}
