//! Plots as SVG: bars that lie, in groups, each with its name before it and its figure behind.

use std::fmt::Write;

/// A plot.
pub(crate) struct Bars {
    /// What it shows, in a few words.
    pub(crate) title: String,
    /// What the axis tells, and in what.
    pub(crate) axis: String,
    /// Whether each step of the axis is ten times the one before.
    pub(crate) logarithmic: bool,
    /// A line across all bars, at what all are measured against.
    pub(crate) line: Option<f64>,
    pub(crate) groups: Vec<Group>,
}

/// Bars under one heading.
pub(crate) struct Group {
    pub(crate) name: String,
    pub(crate) bars: Vec<Bar>,
}

pub(crate) struct Bar {
    pub(crate) name: String,
    pub(crate) value: f64,
    /// The figure as people read it.
    pub(crate) text: String,
}

const WIDTH: f64 = 720.0;
const LEFT: f64 = 170.0;
const RIGHT: f64 = 96.0;
const BAR: f64 = 15.0;
const STEP: f64 = 20.0;

/// Light and dark pages each have their colours; Larder's are told from its peers' by lightness, too.
const STYLE: &str = "\
text{font-size:12px;font-family:system-ui,-apple-system,'Segoe UI',sans-serif;fill:#1f2328}\
.title{font-size:15px;font-weight:600}.group{font-weight:600}.quiet{fill:#59636e}.end{text-anchor:end}.figure{stroke:#fff;stroke-width:3px;paint-order:stroke}.mid{text-anchor:middle}\
.page{fill:#fff}.grid{stroke:#d1d9e0}.line{stroke:#59636e;stroke-dasharray:4 3}\
.larder{fill:#005b99}.store{fill:#3d9bd6}.peer{fill:#a3acb5}\
@media(prefers-color-scheme:dark){text{fill:#f0f6fc}.quiet{fill:#9aa4af}.page{fill:#0d1117}.figure{stroke:#0d1117}.grid{stroke:#30363d}.line{stroke:#9aa4af}\
.larder{fill:#58b1f2}.store{fill:#2f7fb8}.peer{fill:#5d666f}}";

impl Bars {
    /// The plot as a file of its own.
    pub(crate) fn svg(&self) -> String {
        let bars = || self.groups.iter().flat_map(|group| &group.bars);
        let most = bars().map(|bar| bar.value).chain(self.line).fold(0.0, f64::max);
        let least = bars().map(|bar| bar.value).fold(f64::INFINITY, f64::min);
        let ticks = if self.logarithmic { decades(least, most) } else { steps(most) };
        let (from, to) = (ticks[0], *ticks.last().expect("there are two at least"));
        let place = |value: f64| {
            let share = if self.logarithmic { (value / from).log10() / (to / from).log10() } else { value / to };
            LEFT + share.clamp(0.0, 1.0) * (WIDTH - LEFT - RIGHT)
        };

        let headings = if self.groups.len() > 1 { 22.0 } else { 0.0 };
        let body: f64 = self.groups.iter().map(|group| headings + group.bars.len() as f64 * STEP + 8.0).sum();
        let (top, bottom) = (44.0, 44.0 + body);
        let height = bottom + 46.0;
        let mut svg = String::new();
        let mut put = |text: std::fmt::Arguments| svg.write_fmt(text).expect("a text takes all");
        put(format_args!(
            "<svg xmlns=\"http://www.w3.org/2000/svg\" viewBox=\"0 0 {WIDTH} {height}\" role=\"img\" aria-labelledby=\"t d\">\n"
        ));
        put(format_args!(
            "<title id=\"t\">{}</title>\n<desc id=\"d\">{}</desc>\n",
            plain(&self.title),
            plain(&self.told())
        ));
        put(format_args!("<style>{STYLE}</style>\n"));
        put(format_args!("<rect class=\"page\" width=\"{WIDTH}\" height=\"{height}\" rx=\"6\"/>\n"));
        put(format_args!("<text class=\"title\" x=\"16\" y=\"26\">{}</text>\n", plain(&self.title)));
        for tick in &ticks {
            let (x, label) = (place(*tick), tick_label(*tick));
            put(format_args!("<path class=\"grid\" d=\"M{x:.1} {top}V{bottom}\"/>"));
            put(format_args!("<text class=\"quiet mid\" x=\"{x:.1}\" y=\"{}\">{label}</text>\n", bottom + 16.0));
        }
        if let Some(line) = self.line {
            put(format_args!("<path class=\"line\" d=\"M{0:.1} {top}V{bottom}\"/>\n", place(line)));
        }
        let mut y = top;
        for group in &self.groups {
            if headings > 0.0 {
                put(format_args!("<text class=\"group\" x=\"16\" y=\"{}\">{}</text>\n", y + 15.0, plain(&group.name)));
                y += headings;
            }
            for Bar { name, value, text } in &group.bars {
                let class = match name.as_str() {
                    "larder" => "larder",
                    "larder, through Store" => "store",
                    _ => "peer",
                };
                let (end, middle) = (place(*value), y + BAR - 3.0);
                let wide = (end - LEFT).max(1.0);
                put(format_args!("<text class=\"end\" x=\"{}\" y=\"{middle}\">{}</text>", LEFT - 8.0, plain(name)));
                put(format_args!(
                    "<rect class=\"{class}\" x=\"{LEFT}\" y=\"{y}\" width=\"{wide:.1}\" height=\"{BAR}\" rx=\"2\"/>"
                ));
                put(format_args!(
                    "<text class=\"figure\" x=\"{:.1}\" y=\"{middle}\">{}</text>\n",
                    end + 6.0,
                    plain(text)
                ));
                y += STEP;
            }
            y += 8.0;
        }
        let middle = (LEFT + WIDTH - RIGHT) / 2.0;
        put(format_args!(
            "<text class=\"quiet mid\" x=\"{middle}\" y=\"{}\">{}</text>\n",
            bottom + 35.0,
            plain(&self.axis)
        ));
        put(format_args!("</svg>\n"));
        svg
    }

    /// The plot in words, for who does not see it.
    fn told(&self) -> String {
        let bar = |bar: &Bar| format!("{} {}", bar.name, bar.text);
        let group = |group: &Group| {
            let bars: Vec<String> = group.bars.iter().map(bar).collect();
            if group.name.is_empty() { bars.join(", ") } else { format!("{}: {}", group.name, bars.join(", ")) }
        };
        let groups: Vec<String> = self.groups.iter().map(group).collect();
        format!("{}. {}.", self.axis, groups.join("; "))
    }
}

/// Round numbers from 0 to the first that is no less than the most.
fn steps(most: f64) -> Vec<f64> {
    let rough = most.max(f64::MIN_POSITIVE) / 5.0;
    let decade = 10f64.powf(rough.log10().floor());
    let step = [1.0, 2.0, 2.5, 5.0, 10.0].map(|factor| factor * decade).into_iter().find(|step| *step >= rough);
    let step = step.unwrap_or(10.0 * decade);
    (0..)
        .map(|number| f64::from(number) * step)
        .scan(false, |done, tick| {
            let before = std::mem::replace(done, tick >= most * 0.999);
            (!before).then_some(tick)
        })
        .collect()
}

/// Powers of ten around all values.
fn decades(least: f64, most: f64) -> Vec<f64> {
    let (low, high) = (least.log10().floor() as i32, most.log10().ceil() as i32);
    (low..=high.max(low + 1)).map(|power| 10f64.powi(power)).collect()
}

fn tick_label(tick: f64) -> String {
    if tick >= 1000.0 { crate::table::thousands(tick) } else { format!("{}", (tick * 1000.0).round() / 1000.0) }
}

fn plain(text: &str) -> String {
    text.replace('&', "&amp;").replace('<', "&lt;").replace('>', "&gt;")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_axis_reaches_over_the_longest_bar() {
        for most in [0.3, 1.0, 3.1, 440.0, 999.0, 1_000_000.0] {
            let ticks = steps(most);
            assert!(ticks[0] == 0.0 && *ticks.last().unwrap() >= most * 0.999, "{most}: {ticks:?}");
            assert!((3..=12).contains(&ticks.len()), "{most}: {ticks:?}");
        }
        assert_eq!(decades(3.0, 500.0), [1.0, 10.0, 100.0, 1000.0]);
    }

    #[test]
    fn names_cannot_end_an_element() {
        assert_eq!(plain("<a & b>"), "&lt;a &amp; b&gt;");
    }
}
