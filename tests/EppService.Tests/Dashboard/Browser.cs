using Microsoft.Playwright;

namespace OrleansKvRouter.Tests.EppService.Dashboard;

/// <summary>Debian's Chromium, driven by Playwright's own driver; started once for all dashboard tests.</summary>
public sealed class Browser : IAsyncLifetime
{
    private static readonly string[] Arguments =
    [
        "--headless", "--no-sandbox", "--disable-gpu", "--disable-quic", "--no-first-run", "--disable-background-networking",
        "--disable-component-update", "--disable-sync",
    ];

    /// <summary>In milliseconds, for whatever a page is to come to show.</summary>
    private static readonly float Patience = (float)Eventually.Limit.TotalMilliseconds;

    private IPlaywright? _playwright;
    private IBrowser? _browser;

    public async Task InitializeAsync()
    {
        _playwright = await Playwright.CreateAsync();
        _browser = await _playwright.Chromium.LaunchAsync(new() { ExecutablePath = "/usr/bin/chromium", Args = Arguments, Timeout = Patience });
        Assertions.SetDefaultExpectTimeout(Patience);
    }

    /// <summary>A page of its own context that fails the test on any script error, policy violation or foreign request.</summary>
    internal async Task<WatchedPage> OpenAsync(string url, ColorScheme scheme = ColorScheme.Light)
    {
        var context = await _browser!.NewContextAsync(new() { ColorScheme = scheme, ViewportSize = new() { Width = 1400, Height = 1000 } });
        context.SetDefaultTimeout(Patience);
        var page = await context.NewPageAsync();
        var watched = new WatchedPage(page, url);
        await page.GotoAsync(url);
        return watched;
    }

    public async Task DisposeAsync()
    {
        if (_browser is not null) await _browser.DisposeAsync();
        _playwright?.Dispose();
    }
}

/// <summary>A page and everything that went wrong in it.</summary>
internal sealed class WatchedPage : IAsyncDisposable
{
    private readonly List<string> _wrongs = [];

    public WatchedPage(IPage page, string url)
    {
        Page = page;
        page.PageError += (_, error) => Note($"script error: {error}");
        page.Console += (_, message) =>
        {
            if (message.Type == "error") Note($"console: {message.Text}");
        };
        page.Request += (_, request) =>
        {
            if (!request.Url.StartsWith(url, StringComparison.Ordinal)) Note($"foreign request: {request.Url}");
        };
        page.Dialog += async (_, dialog) =>
        {
            Note($"dialog: {dialog.Message}");
            await dialog.DismissAsync();
        };
    }

    public IPage Page { get; }

    public void AssertNothingWrong()
    {
        lock (_wrongs) Assert.Empty(_wrongs);
    }

    public async ValueTask DisposeAsync() => await Page.Context.CloseAsync();

    private void Note(string wrong)
    {
        lock (_wrongs) _wrongs.Add(wrong);
    }
}
