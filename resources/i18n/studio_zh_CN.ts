<?xml version="1.0" encoding="utf-8"?>
<!DOCTYPE TS>
<TS version="2.1" language="zh_CN">
<context>
    <name>Arcs</name>
    <message>
        <source>Attention from token to token</source>
        <translation>词元之间的注意力</translation>
    </message>
    <message>
        <source>What every token looked at in this head: an arc goes from a token up to an earlier one, the thicker the more attention. The current token&apos;s arcs stand out, with their shares in percent; the arrow keys choose it.</source>
        <translation>这个头中每个词元看向哪里：弧线从一个词元向上连到更早的词元，越粗注意力越多。当前词元的弧线突出显示，并标出百分比；用方向键选择词元。</translation>
    </message>
    <message>
        <source>When “{token}” was read, head {head} looked most at {words}</source>
        <translation>读到“{token}”时，第 {head} 个头最多看向 {words}</translation>
    </message>
</context>
<context>
    <name>AttentionView</name>
    <message>
        <source>Layer</source>
        <translation>层</translation>
    </message>
    <message>
        <source>Whose heads are shown; arrow keys or the wheel choose another layer</source>
        <translation>显示哪一层的头；用方向键或滚轮选择另一层</translation>
    </message>
    <message>
        <source>Heads of layer</source>
        <translation>注意力头，层</translation>
    </message>
    <message>
        <source>Arcs</source>
        <translation>弧线</translation>
    </message>
    <message>
        <source>Draw what every token looked at in this head, not only this place: token to token</source>
        <translation>画出这个头中每个词元看向哪里，而不只是这一处：从词元到词元</translation>
    </message>
    <message>
        <source>Head {head}</source>
        <translation>第 {head} 个头</translation>
    </message>
</context>
<context>
    <name>Autosave</name>
    <message>
        <source>Saving…</source>
        <translation>正在保存…</translation>
    </message>
    <message>
        <source>Saved {time}</source>
        <translation>已保存 {time}</translation>
    </message>
    <message>
        <source>Not saved</source>
        <translation>未保存</translation>
    </message>
</context>
<context>
    <name>BackupsDialog</name>
    <message>
        <source>Backups</source>
        <translation>备份</translation>
    </message>
    <message>
        <source>Every page and every session of this backup is as it was written.</source>
        <translation>此备份的每一页、每一个会话都完好如初。</translation>
    </message>
    <message>
        <source>This backup is damaged. Keep it only if there is no better one.</source>
        <translation>此备份已损坏。只有在没有更好的备份时才值得保留。</translation>
    </message>
    <message>
        <source>1 session</source>
        <translation>1 个会话</translation>
    </message>
    <message>
        <source>{n} sessions</source>
        <translation>{n} 个会话</translation>
    </message>
    <message>
        <source>Restored to {folder}: {sessions}.</source>
        <translation>已恢复到 {folder}：{sessions}。</translation>
    </message>
    <message>
        <source>Of the daily ones the newest of 7 days, 4 weeks and 12 months are kept; those made by hand stay until you delete them. They lie on the same disk as the library: now and then export a copy to another one.</source>
        <translation>每日备份中，最近 7 天、4 周和 12 个月各保留最新的一份；手动制作的会一直保留，直到你删除。它们与文库在同一磁盘上：请不时导出一份到别的磁盘。</translation>
    </message>
    <message>
        <source>Where the backups lie</source>
        <translation>备份所在位置</translation>
    </message>
    <message>
        <source>Open &amp;folder</source>
        <translation>打开文件夹(&amp;F)</translation>
    </message>
    <message>
        <source>Show the backups in the file manager</source>
        <translation>在文件管理器中显示备份</translation>
    </message>
    <message>
        <source>The newest backup comes first</source>
        <translation>最新的备份排在最前</translation>
    </message>
    <message>
        <source>Made</source>
        <translation>制作时间</translation>
    </message>
    <message>
        <source>Why</source>
        <translation>缘由</translation>
    </message>
    <message>
        <source>Sessions</source>
        <translation>会话</translation>
    </message>
    <message>
        <source>Size</source>
        <translation>大小</translation>
    </message>
    <message>
        <source>State</source>
        <translation>状态</translation>
    </message>
    <message>
        <source>Open in a &amp;new window</source>
        <translation>在新窗口中打开(&amp;N)</translation>
    </message>
    <message>
        <source>Open the restored library beside this one</source>
        <translation>在当前文库之外打开恢复出的文库</translation>
    </message>
    <message>
        <source>&amp;Back up now</source>
        <translation>立即备份(&amp;B)</translation>
    </message>
    <message>
        <source>Make a backup of the library as it is; you can go on writing</source>
        <translation>为文库当前的样子制作备份；你可以继续写作</translation>
    </message>
    <message>
        <source>C&amp;heck</source>
        <translation>检查(&amp;H)</translation>
    </message>
    <message>
        <source>Read every page and every session of the chosen backup</source>
        <translation>读取所选备份的每一页和每一个会话</translation>
    </message>
    <message>
        <source>&amp;Restore a copy…</source>
        <translation>恢复一份副本(&amp;R)…</translation>
    </message>
    <message>
        <source>Make a library of the chosen backup in a folder of its own; this one stays as it is</source>
        <translation>用所选备份在单独的文件夹中建立文库；当前文库保持原样</translation>
    </message>
    <message>
        <source>&amp;Export a copy…</source>
        <translation>导出一份副本(&amp;E)…</translation>
    </message>
    <message>
        <source>Copy the chosen backup&apos;s file, say to another disk</source>
        <translation>复制所选备份的文件，例如复制到另一块磁盘</translation>
    </message>
    <message>
        <source>&amp;Close</source>
        <translation>关闭(&amp;C)</translation>
    </message>
    <message>
        <source>Close (Esc)</source>
        <translation>关闭（Esc）</translation>
    </message>
    <message>
        <source>By itself</source>
        <translation>自动</translation>
    </message>
    <message>
        <source>By hand</source>
        <translation>手动</translation>
    </message>
    <message>
        <source>Before an update</source>
        <translation>更新之前</translation>
    </message>
    <message>
        <source>Damaged</source>
        <translation>已损坏</translation>
    </message>
    <message>
        <source>Of another library</source>
        <translation>属于另一个文库</translation>
    </message>
    <message>
        <source>Sound</source>
        <translation>完好</translation>
    </message>
    <message>
        <source>Not checked yet</source>
        <translation>尚未检查</translation>
    </message>
    <message>
        <source>There is no backup yet.

The first one is made by itself soon after you have written something. “Back up now” makes one at once.</source>
        <translation>还没有备份。

你写下内容后不久，就会自动制作第一份。“立即备份”可以马上制作一份。</translation>
    </message>
    <message>
        <source>There is no backup, and none is made of a library that is open to read only.</source>
        <translation>没有备份；以只读方式打开的文库不会制作备份。</translation>
    </message>
    <message>
        <source>This library is open to read only: no backups are made of it.</source>
        <translation>此文库以只读方式打开：不会为它制作备份。</translation>
    </message>
    <message>
        <source>A backup is made once a day by itself; the next one is due {time}.</source>
        <translation>每天自动制作一份备份；下一份将在 {time} 之后制作。</translation>
    </message>
    <message>
        <source>A backup is made once a day by itself; the next one is due now.</source>
        <translation>每天自动制作一份备份；下一份现在就该制作了。</translation>
    </message>
    <message>
        <source>Restore into a new or empty folder</source>
        <translation>恢复到一个新的或空的文件夹</translation>
    </message>
    <message>
        <source>Restore</source>
        <translation>还原</translation>
    </message>
    <message>
        <source>Export a copy of the backup</source>
        <translation>导出备份的副本</translation>
    </message>
    <message>
        <source>Library (*.db)</source>
        <translation>文库 (*.db)</translation>
    </message>
</context>
<context>
    <name>BeamsPanel</name>
    <message>
        <source>Beam search</source>
        <translation>束搜索</translation>
    </message>
    <message>
        <source>Tree of the beam search</source>
        <translation>束搜索之树</translation>
    </message>
    <message>
        <source>Every beginning that the last beam search weighed. Solid lines lead to the texts it found, numbered from the best; dashed ones were dropped, because enough others were likelier. The number beside a word is the log-probability of the text so far, in nats: nearer to 0 is likelier. Click a last word, or press Enter on any, to take the path into the text. Keys: arrows walk, Home and End, + and - zoom, 0 resets.</source>
        <translation>上一次束搜索权衡过的每一种开头。实线通向它找到的文本，从最好的开始编号；虚线是被放弃的，因为有足够多的其他开头更可能。词旁的数字是到此为止整段文字的对数概率，单位为奈特：越接近 0 越可能。点击末端的词，或在任意词上按回车，即可把路径写入正文。按键：方向键移动，Home 和 End，+ 和 - 缩放，0 复位。</translation>
    </message>
    <message>
        <source>── kept   ╌╌ dropped</source>
        <translation>── 保留   ╌╌ 放弃</translation>
    </message>
    <message>
        <source>Take into the text</source>
        <translation>写入正文</translation>
    </message>
    <message>
        <source>Put the words up to the selected one into the text, as a branch (Enter)</source>
        <translation>把直到所选词的文字作为一个分支写入正文（回车）</translation>
    </message>
    <message>
        <source>Switch on “Beam search” in the sampling settings and let the model write on. Here you will see every beginning it weighed, which it dropped and where, and can take any of them into your text.</source>
        <translation>在采样设置中打开“束搜索”，让模型续写。这里会显示它权衡过的每一种开头、放弃了哪些、在何处放弃，你可以把其中任何一个写入正文。</translation>
    </message>
    <message>
        <source>1 text found</source>
        <translation>找到 1 个文本</translation>
    </message>
    <message>
        <source>{n} texts found</source>
        <translation>找到 {n} 个文本</translation>
    </message>
    <message>
        <source>{n} words weighed, {dropped} of them dropped</source>
        <translation>权衡了 {n} 个词，其中放弃 {dropped} 个</translation>
    </message>
    <message>
        <source>Text {rank}, score {score}</source>
        <translation>第 {rank} 个文本，得分 {score}</translation>
    </message>
    <message>
        <source>Kept, leads to text {rank}</source>
        <translation>保留，通向第 {rank} 个文本</translation>
    </message>
    <message>
        <source>Dropped here: enough others were likelier</source>
        <translation>在此放弃：有足够多的其他开头更可能</translation>
    </message>
    <message>
        <source>Followed, but all that came after it was dropped</source>
        <translation>继续过，但其后的都被放弃了</translation>
    </message>
    <message>
        <source>{fate}; {sum} nats after 1 token: “{words}”</source>
        <translation>{fate}；1 个词元后 {sum} 奈特：“{words}”</translation>
    </message>
    <message>
        <source>{fate}; {sum} nats after {n} tokens: “{words}”</source>
        <translation>{fate}；{n} 个词元后 {sum} 奈特：“{words}”</translation>
    </message>
</context>
<context>
    <name>BottomPanel</name>
    <message>
        <source>Views of the text</source>
        <translation>文本视图</translation>
    </message>
    <message>
        <source>Token: why this word. History: every state of this text. Variants: side by side. Origin: who wrote it, and how. Curve: surprise along the text. Compare: two models or two settings. Loom: what would most probably follow. Beam tree: what a beam search weighed.</source>
        <translation>词元：为什么是这个词。历史：这篇文字的每个状态。变体：并排显示。来历：谁写的、怎样写的。曲线：沿文本的意外程度。比较：两个模型或两组设置。织机：接下来最可能的内容。束搜索树：一次束搜索权衡过什么。</translation>
    </message>
    <message>
        <source>Token</source>
        <translation>词元</translation>
    </message>
    <message>
        <source>History</source>
        <translation>历史</translation>
    </message>
    <message>
        <source>Variants</source>
        <translation>变体</translation>
    </message>
    <message>
        <source>Origin</source>
        <translation>来历</translation>
    </message>
    <message>
        <source>Curve</source>
        <translation>曲线</translation>
    </message>
    <message>
        <source>Compare</source>
        <translation>比较</translation>
    </message>
    <message>
        <source>Loom</source>
        <translation>织机</translation>
    </message>
    <message>
        <source>Beam tree</source>
        <translation>束搜索树</translation>
    </message>
</context>
<context>
    <name>Branches</name>
    <message>
        <source>The beginning cannot be pruned: every branch comes from it.</source>
        <translation>开头不能剪去：所有分支都由它而来。</translation>
    </message>
    <message>
        <source>The text cannot be changed right now, so no branch can be pruned.</source>
        <translation>现在不能改动正文，所以不能剪枝。</translation>
    </message>
    <message>
        <source>Branch pruned: 1 state.</source>
        <translation>已剪去分支：1 个状态。</translation>
    </message>
    <message>
        <source>Branch pruned: {n} states.</source>
        <translation>已剪去分支：{n} 个状态。</translation>
    </message>
    <message>
        <source>Undo</source>
        <translation>撤销</translation>
    </message>
</context>
<context>
    <name>BringingIn</name>
    <message>
        <source>Models ({patterns})</source>
        <translation>模型（{patterns}）</translation>
    </message>
    <message>
        <source>All files ({patterns})</source>
        <translation>所有文件 ({patterns})</translation>
    </message>
    <message>
        <source>Import a model</source>
        <translation>导入模型</translation>
    </message>
    <message>
        <source>Import a model&apos;s folder</source>
        <translation>导入模型文件夹</translation>
    </message>
    <message>
        <source>Importing “{name}” was stopped; nothing has changed.</source>
        <translation>已停止导入“{name}”，什么都没有改变。</translation>
    </message>
    <message>
        <source>Import it</source>
        <translation>导入</translation>
    </message>
    <message>
        <source>Another model is being imported; try again then.</source>
        <translation>正在导入另一个模型，请等它完成后再试。</translation>
    </message>
    <message>
        <source>Importing “{name}”… {percent}%</source>
        <translation>正在导入“{name}”… {percent}%</translation>
    </message>
    <message>
        <source>Cancel</source>
        <translation>取消</translation>
    </message>
</context>
<context>
    <name>Catalogue</name>
    <message>
        <source>This session is in the trash: it can be read, not changed.</source>
        <translation>这个会话在回收站里：可以阅读，不能修改。</translation>
    </message>
    <message>
        <source>Restore</source>
        <translation>还原</translation>
    </message>
    <message>
        <source>Destroyed sessions: {n}.</source>
        <translation>已销毁会话：{n} 个。</translation>
    </message>
    <message>
        <source>The trash was empty.</source>
        <translation>回收站原本就是空的。</translation>
    </message>
    <message>
        <source>No backup holds any of them.</source>
        <translation>没有备份保存着它们。</translation>
    </message>
    <message>
        <source>Backups that still hold some of them: {n}, made from {oldest} to {newest}; delete those too if nothing may be left.</source>
        <translation>仍有 {n} 个备份保存着其中的内容，备份时间为 {oldest} 至 {newest}；如果什么都不能留下，请把这些备份也删除。</translation>
    </message>
    <message>
        <source>One backup, made on {oldest}, still holds some of them; delete it too if nothing may be left.</source>
        <translation>{oldest} 的一个备份仍保存着其中的内容；如果什么都不能留下，请把它也删除。</translation>
    </message>
    <message>
        <source>The session is in the archive now.</source>
        <translation>会话已归档。</translation>
    </message>
    <message>
        <source>The session is back on the list.</source>
        <translation>会话已回到列表。</translation>
    </message>
    <message>
        <source>Undo</source>
        <translation>撤销</translation>
    </message>
    <message>
        <source>{title} (copy)</source>
        <translation>{title}（副本）</translation>
    </message>
    <message>
        <source>The session was deleted.</source>
        <translation>会话已删除。</translation>
    </message>
    <message>
        <source>Open</source>
        <translation>打开</translation>
    </message>
    <message>
        <source>The trash is empty.</source>
        <translation>回收站是空的。</translation>
    </message>
    <message>
        <source>Write something first; then there is a session to do this with.</source>
        <translation>先写点什么，才有会话可以这样做。</translation>
    </message>
</context>
<context>
    <name>ColouredText</name>
    <message>
        <source>Export coloured text</source>
        <translation>导出着色文本</translation>
    </message>
    <message>
        <source>generated</source>
        <translation>由模型生成</translation>
    </message>
    <message>
        <source>changed by you</source>
        <translation>经你改动</translation>
    </message>
    <message>
        <source>numbers of {model}</source>
        <translation>数值来自 {model}</translation>
    </message>
    <message>
        <source>1 token read</source>
        <translation>已读 1 个词元</translation>
    </message>
    <message>
        <source>{n} tokens read</source>
        <translation>已读 {n} 个词元</translation>
    </message>
    <message>
        <source>some numbers are from before the last change</source>
        <translation>部分数值来自上次改动之前</translation>
    </message>
    <message>
        <source>Exported to {path}.</source>
        <translation>已导出到 {path}。</translation>
    </message>
</context>
<context>
    <name>Colouring</name>
    <message>
        <source>reading… {percent}%</source>
        <translation>读取中… {percent}%</translation>
    </message>
    <message>
        <source>old numbers: {model}</source>
        <translation>旧数字：{model}</translation>
    </message>
    <message>
        <source>being read again</source>
        <translation>正在重新读取</translation>
    </message>
</context>
<context>
    <name>ComparePanel</name>
    <message>
        <source>Compare</source>
        <translation>比较</translation>
    </message>
    <message>
        <source>Perplexity: how many words each was torn between, on average. Bits per byte: the same, comparable between tokenizers. KL: how far B&apos;s distributions are from A&apos;s, on average; infinite once B rules out what A allows, and then JS, between 0 and 1, says more.</source>
        <translation>困惑度：平均在多少个词之间犹豫。每字节比特：同样的意思，但可在不同分词器之间比较。KL：B 的分布平均离 A 有多远；一旦 B 排除了 A 允许的词就是无穷大，这时看介于 0 和 1 之间的 JS 更有意义。</translation>
    </message>
    <message>
        <source>Progress of the comparison</source>
        <translation>比较的进度</translation>
    </message>
    <message>
        <source>See where two models, or two settings, disagree about this text: choose A and B, then Compare.</source>
        <translation>看看两个模型或两套设置对这篇文字的看法在哪里不同：选好 A 和 B，再点“比较”。</translation>
    </message>
    <message>
        <source>Differences, the greatest first</source>
        <translation>差异，最大的在前</translation>
    </message>
    <message>
        <source>Click a heading to sort; Enter or a click goes to the place in the text</source>
        <translation>点列标题排序；按回车或点击可跳到文中的位置</translation>
    </message>
    <message>
        <source>Settings of A</source>
        <translation>A 的设置</translation>
    </message>
    <message>
        <source>Settings of B</source>
        <translation>B 的设置</translation>
    </message>
    <message>
        <source>Model of B</source>
        <translation>B 的模型</translation>
    </message>
    <message>
        <source>Read the text with A and with B and show where they differ</source>
        <translation>用 A 和 B 各读一遍文字，显示不同之处</translation>
    </message>
    <message>
        <source>Compa&amp;re</source>
        <translation>比较(&amp;R)</translation>
    </message>
    <message>
        <source>S&amp;top</source>
        <translation>停止(&amp;T)</translation>
    </message>
    <message>
        <source>Stop comparing; what has come stays</source>
        <translation>停止比较；已得到的结果保留</translation>
    </message>
    <message>
        <source>A</source>
        <translation>A</translation>
    </message>
    <message>
        <source>B</source>
        <translation>B</translation>
    </message>
    <message>
        <source>the same model</source>
        <translation>同一个模型</translation>
    </message>
    <message>
        <source>another folder…</source>
        <translation>其他文件夹…</translation>
    </message>
    <message>
        <source>the model itself</source>
        <translation>模型本身</translation>
    </message>
    <message>
        <source>settings as they are</source>
        <translation>当前设置</translation>
    </message>
    <message>
        <source>Reading…</source>
        <translation>正在读…</translation>
    </message>
    <message>
        <source>A and B cut text into other tokens: compared are stretches between borders both have; there is no KL.</source>
        <translation>A 和 B 的分词方式不同：只比较两者共同边界之间的片段，没有 KL。</translation>
    </message>
    <message>
        <source>Both folders hold the same weights.</source>
        <translation>两个文件夹里的权重相同。</translation>
    </message>
    <message>
        <source>Compared: the first {n} tokens.</source>
        <translation>已比较：前 {n} 个词元。</translation>
    </message>
    <message>
        <source>Perplexity A {a}, B {b}</source>
        <translation>困惑度 A {a}，B {b}</translation>
    </message>
    <message>
        <source>bits per byte A {a}, B {b}</source>
        <translation>每字节比特 A {a}，B {b}</translation>
    </message>
    <message>
        <source>same favourite {percent}</source>
        <translation>首选相同 {percent}</translation>
    </message>
    <message>
        <source>mean KL {bits} bits</source>
        <translation>平均 KL {bits} 比特</translation>
    </message>
    <message>
        <source>mean JS {bits} bits</source>
        <translation>平均 JS {bits} 比特</translation>
    </message>
    <message>
        <source>1 word impossible for {side}</source>
        <translation>{side} 认为 1 个词不可能</translation>
    </message>
    <message>
        <source>{n} words impossible for {side}</source>
        <translation>{side} 认为 {n} 个词不可能</translation>
    </message>
</context>
<context>
    <name>Comparison</name>
    <message>
        <source>The model is busy; compare when it has finished.</source>
        <translation>模型正忙；等它完成后再比较。</translation>
    </message>
    <message>
        <source>Stopped: only a part has been compared.</source>
        <translation>已停止：只比较了一部分。</translation>
    </message>
    <message>
        <source>The text has changed since it was compared.</source>
        <translation>比较之后文字已有改动。</translation>
    </message>
    <message>
        <source>Compare with the model in a folder</source>
        <translation>与文件夹中的模型比较</translation>
    </message>
    <message>
        <source>The text has changed since; this word is no longer there.</source>
        <translation>文字已有改动；这个词已不在那里。</translation>
    </message>
</context>
<context>
    <name>ComparisonModel</name>
    <message>
        <source>Word</source>
        <translation>词</translation>
    </message>
    <message>
        <source>What the text has; sort by this for the order of the text</source>
        <translation>文中的词；按它排序就是原文顺序</translation>
    </message>
    <message>
        <source>A</source>
        <translation>A</translation>
    </message>
    <message>
        <source>How likely A found it</source>
        <translation>A 认为它有多可能</translation>
    </message>
    <message>
        <source>B</source>
        <translation>B</translation>
    </message>
    <message>
        <source>How likely B found it</source>
        <translation>B 认为它有多可能</translation>
    </message>
    <message>
        <source>Δ bits</source>
        <translation>Δ 比特</translation>
    </message>
    <message>
        <source>By how much B finds it likelier than A: each bit doubles the probability</source>
        <translation>B 比 A 认为它更可能多少：每 1 比特概率翻一倍</translation>
    </message>
    <message>
        <source>KL bits</source>
        <translation>KL 比特</translation>
    </message>
    <message>
        <source>How far B&apos;s whole distribution is from A&apos;s at this place (Kullback-Leibler): 0 is the same. Only where both have the same vocabulary.</source>
        <translation>此处 B 的整个分布离 A 有多远（KL 散度）：0 表示相同。仅当两者词表相同时才有。</translation>
    </message>
    <message>
        <source>Rank A → B</source>
        <translation>排名 A → B</translation>
    </message>
    <message>
        <source>Its place in each list of guesses: 1 is the favourite</source>
        <translation>它在各自猜测中的名次：1 是首选</translation>
    </message>
</context>
<context>
    <name>ConnectionForm</name>
    <message>
        <source>Address of the Hub or a mirror of it; empty: huggingface.co, or HF_ENDPOINT if it is set</source>
        <translation>Hub 或其镜像的地址；留空则为 huggingface.co，若设置了 HF_ENDPOINT 则用它</translation>
    </message>
    <message>
        <source>A proxy for downloads, such as http://proxy.example:8080; empty: the system&apos;s own</source>
        <translation>下载用的代理，例如 http://proxy.example:8080；留空则用系统代理</translation>
    </message>
    <message>
        <source>Only for models that ask for one; sent to the Hub alone, and forgotten when the app closes</source>
        <translation>仅供需要令牌的模型使用；只发送给 Hub，应用关闭后即忘记</translation>
    </message>
    <message>
        <source>&amp;Endpoint:</source>
        <translation>端点(&amp;E)：</translation>
    </message>
    <message>
        <source>P&amp;roxy:</source>
        <translation>代理(&amp;R)：</translation>
    </message>
    <message>
        <source>Access &amp;token:</source>
        <translation>访问令牌(&amp;T)：</translation>
    </message>
</context>
<context>
    <name>ContextMeter</name>
    <message>
        <source>The model sees the last {used} tokens before the caret; its window holds {limit}, and the rest is kept free for what it writes.</source>
        <translation>模型看得到光标前的最后 {used} 个词元；它的窗口共 {limit} 个，其余留给它要写的内容。</translation>
    </message>
    <message>
        <source>The dimmed beginning of the text is out of its sight.</source>
        <translation>变暗的开头部分它看不到。</translation>
    </message>
    <message>
        <source>How much of the text the model sees. No model is loaded yet.</source>
        <translation>模型看得到多少文字。尚未加载模型。</translation>
    </message>
    <message>
        <source>context –</source>
        <translation>上下文 –</translation>
    </message>
    <message>
        <source>context {used}/{limit}</source>
        <translation>上下文 {used}/{limit}</translation>
    </message>
</context>
<context>
    <name>Controller</name>
    <message>
        <source>Show report</source>
        <translation>查看报告</translation>
    </message>
    <message>
        <source>Try again</source>
        <translation>重试</translation>
    </message>
</context>
<context>
    <name>CurvePanel</name>
    <message>
        <source>Curve</source>
        <translation>曲线</translation>
    </message>
    <message>
        <source>━ surprisal</source>
        <translation>━ 惊异度</translation>
    </message>
    <message>
        <source>How surprised the model was by each token, in bits: 1 bit is one in 2, 7.2 bits is one in 147</source>
        <translation>每个词元让模型有多意外，单位是比特：1 比特是二分之一的可能，7.2 比特是 147 分之一</translation>
    </message>
    <message>
        <source>▲ entropy</source>
        <translation>▲ 熵</translation>
    </message>
    <message>
        <source>How undecided the model was before each token, in bits: 0 is certain, 3 is as between 8 words</source>
        <translation>每个词元之前模型有多犹豫，单位是比特：0 表示确定，3 相当于在 8 个词之间选择</translation>
    </message>
    <message>
        <source>• rank</source>
        <translation>• 排名</translation>
    </message>
    <message>
        <source>The token&apos;s place among the model&apos;s guesses: 1 is its favourite. The scale is logarithmic.</source>
        <translation>这个词元在模型猜测中的名次：1 是它的首选。刻度为对数。</translation>
    </message>
    <message>
        <source>Drag to zoom, turn the wheel to zoom, double-click for all of it, click to go there. Keys: arrows, +, -, 0, Enter.</source>
        <translation>拖动或滚轮缩放，双击显示全部，点击前往该处。按键：方向键、+、-、0、回车。</translation>
    </message>
    <message>
        <source>Perplexity: the model was as undecided as if it had to guess between that many tokens each time; lower is more expected.
Bits per byte: how many bits the model would need for each byte of this text; it can be compared between models with different tokens.
Tokens: pieces of words as the model reads them; only those read so far are counted.</source>
        <translation>困惑度：模型每次都像要在这么多个词元之间猜一样犹豫；越低越在意料之中。
每字节比特数：模型为这段文字的每个字节需要多少比特；词元不同的模型之间也可以比较。
词元：模型读到的词的片段；只计已读过的。</translation>
    </message>
    <message>
        <source>perplexity {perplexity} · {bits} bits/byte · {n} tokens</source>
        <translation>困惑度 {perplexity} · {bits} 比特/字节 · {n} 个词元</translation>
    </message>
    <message>
        <source>selection: {figures}</source>
        <translation>选中：{figures}</translation>
    </message>
</context>
<context>
    <name>DetailsDialog</name>
    <message>
        <source>Can be selected and copied</source>
        <translation>可以选择和复制</translation>
    </message>
    <message>
        <source>&amp;Close</source>
        <translation>关闭(&amp;C)</translation>
    </message>
    <message>
        <source>Close (Esc)</source>
        <translation>关闭（Esc）</translation>
    </message>
</context>
<context>
    <name>DifferenceView</name>
    <message>
        <source>Differences in the text</source>
        <translation>文中的差异</translation>
    </message>
    <message>
        <source>Blue ▲: likelier to B. Orange ▼: likelier to A. Arrow keys move, Enter goes to the place in the text.</source>
        <translation>蓝色 ▲：B 认为更可能。橙色 ▼：A 认为更可能。方向键移动，回车跳到文中的位置。</translation>
    </message>
    <message>
        <source>start (character)</source>
        <translation>起点（字符）</translation>
    </message>
    <message>
        <source>text</source>
        <translation>文本</translation>
    </message>
    <message>
        <source>log-probability A (bits)</source>
        <translation>对数概率 A（比特）</translation>
    </message>
    <message>
        <source>log-probability B (bits)</source>
        <translation>对数概率 B（比特）</translation>
    </message>
    <message>
        <source>difference B − A (bits)</source>
        <translation>差值 B − A（比特）</translation>
    </message>
    <message>
        <source>KL A to B (bits)</source>
        <translation>KL A 到 B（比特）</translation>
    </message>
    <message>
        <source>JS (bits)</source>
        <translation>JS（比特）</translation>
    </message>
    <message>
        <source>rank A</source>
        <translation>排名 A</translation>
    </message>
    <message>
        <source>rank B</source>
        <translation>排名 B</translation>
    </message>
    <message>
        <source>tokens A</source>
        <translation>词元数 A</translation>
    </message>
    <message>
        <source>tokens B</source>
        <translation>词元数 B</translation>
    </message>
    <message>
        <source>favourite A</source>
        <translation>A 的首选</translation>
    </message>
    <message>
        <source>favourite B</source>
        <translation>B 的首选</translation>
    </message>
</context>
<context>
    <name>DownloadDialog</name>
    <message>
        <source>Download a model</source>
        <translation>下载模型</translation>
    </message>
    <message>
        <source>Model on the Hub</source>
        <translation>Hub 上的模型</translation>
    </message>
    <message>
        <source>owner/name, or the address of a model&apos;s page</source>
        <translation>所有者/名称，或模型页面的地址</translation>
    </message>
    <message>
        <source>Any model of the Hub: owner/name, owner/name@revision, or its page&apos;s address</source>
        <translation>Hub 上的任何模型：所有者/名称、所有者/名称@版本，或其页面地址</translation>
    </message>
    <message>
        <source>&amp;Download…</source>
        <translation>下载…(&amp;D)</translation>
    </message>
    <message>
        <source>Ask the Hub what this model is; it is fetched after you have seen licence and size</source>
        <translation>向 Hub 询问这个模型的情况；看过许可证和大小之后才会下载</translation>
    </message>
    <message>
        <source>{n} million</source>
        <translation>{n} 百万</translation>
    </message>
    <message>
        <source>“Download…” opens a connection to {host} and asks what the model is; it is fetched only after you have seen its licence and size. Nothing before that connects to anybody.</source>
        <translation>“下载…”会连接 {host}，询问模型的情况；看过许可证和大小之后才会下载。在此之前不会连接任何地方。</translation>
    </message>
    <message>
        <source>Models to download</source>
        <translation>可下载的模型</translation>
    </message>
    <message>
        <source>Choose a model; nothing is connected to before you press “Download…”</source>
        <translation>选择一个模型；按“下载…”之前不会连接任何地方</translation>
    </message>
    <message>
        <source>Model</source>
        <translation>模型</translation>
    </message>
    <message>
        <source>Parameters</source>
        <translation>参数量</translation>
    </message>
    <message>
        <source>Size</source>
        <translation>大小</translation>
    </message>
    <message>
        <source>Licence</source>
        <translation>许可证</translation>
    </message>
    <message>
        <source>On this computer</source>
        <translation>在本机上</translation>
    </message>
    <message>
        <source>Good for</source>
        <translation>适合</translation>
    </message>
    <message>
        <source>&amp;Model:</source>
        <translation>模型(&amp;M)：</translation>
    </message>
    <message>
        <source>&amp;Connection…</source>
        <translation>连接(&amp;C)…</translation>
    </message>
    <message>
        <source>Use a mirror of the Hub, a proxy, or an access token</source>
        <translation>使用 Hub 镜像、代理或访问令牌</translation>
    </message>
    <message>
        <source>C&amp;lose</source>
        <translation>关闭(&amp;L)</translation>
    </message>
    <message>
        <source>Close this page (Esc); downloads go on</source>
        <translation>关闭此页（Esc）；下载会继续</translation>
    </message>
</context>
<context>
    <name>DownloadRow</name>
    <message>
        <source>&amp;Fetch it</source>
        <translation>下载(&amp;F)</translation>
    </message>
    <message>
        <source>Cancel</source>
        <translation>取消</translation>
    </message>
    <message>
        <source>Asking {host} what there is…</source>
        <translation>正在询问 {host}…</translation>
    </message>
    <message>
        <source>Ask no more</source>
        <translation>不再询问</translation>
    </message>
    <message>
        <source>Fetch these files, verify them, and put the model into your library</source>
        <translation>取得并核验这些文件，再把模型放进资料库</translation>
    </message>
    <message>
        <source>Fetch nothing</source>
        <translation>什么都不下载</translation>
    </message>
    <message>
        <source>Close the connection; what has come stays</source>
        <translation>断开连接；已下载的部分会保留</translation>
    </message>
    <message>
        <source>&amp;Pause</source>
        <translation>暂停(&amp;P)</translation>
    </message>
    <message>
        <source>Stop, and delete what has come</source>
        <translation>停止并删除已下载的部分</translation>
    </message>
    <message>
        <source>Verified; its weights are taken out of the GGUF file…</source>
        <translation>已核验；正在从 GGUF 文件中取出权重…</translation>
    </message>
    <message>
        <source>“{file}” is not what the Hub promises; it is fetched once more.</source>
        <translation>“{file}”与 Hub 所公布的不符；将重新下载一次。</translation>
    </message>
    <message>
        <source>Go on where it stopped</source>
        <translation>从停下的地方继续</translation>
    </message>
    <message>
        <source>Paused; no connection is open.</source>
        <translation>已暂停；没有打开的连接。</translation>
    </message>
    <message>
        <source>&amp;Resume</source>
        <translation>继续(&amp;R)</translation>
    </message>
    <message>
        <source>Begun before: {done} of {total} have come.</source>
        <translation>先前开始的下载：已有 {done}，共 {total}。</translation>
    </message>
    <message>
        <source>Connect again and go on where it stopped</source>
        <translation>重新连接，从停下的地方继续</translation>
    </message>
    <message>
        <source>Delete what has come</source>
        <translation>删除已下载的部分</translation>
    </message>
    <message>
        <source>Delete</source>
        <translation>删除</translation>
    </message>
    <message>
        <source>&amp;Try again</source>
        <translation>再试一次(&amp;T)</translation>
    </message>
    <message>
        <source>Verified; it is in your library as “{name}”.</source>
        <translation>已核验；它在资料库中的名称是“{name}”。</translation>
    </message>
    <message>
        <source>This very model is in your library already, as “{name}”.</source>
        <translation>这个模型已经在资料库中，名称是“{name}”。</translation>
    </message>
    <message>
        <source>Remove from this list</source>
        <translation>从列表中移除</translation>
    </message>
    <message>
        <source>The model stays in your library</source>
        <translation>模型会留在资料库中</translation>
    </message>
</context>
<context>
    <name>DownloadWords</name>
    <message>
        <source>fits</source>
        <translation>装得下</translation>
    </message>
    <message>
        <source>fits, but slow</source>
        <translation>装得下，但慢</translation>
    </message>
    <message>
        <source>won&apos;t fit now</source>
        <translation>目前装不下</translation>
    </message>
    <message>
        <source>cannot be loaded</source>
        <translation>无法加载</translation>
    </message>
    <message>
        <source>none is stated</source>
        <translation>未注明</translation>
    </message>
    <message>
        <source>Licence: {licence}</source>
        <translation>许可证：{licence}</translation>
    </message>
    <message>
        <source>{n} files, {size}; {free} are free on the disk.</source>
        <translation>{n} 个文件，{size}；磁盘剩余 {free}。</translation>
    </message>
    <message>
        <source>{size} of it have come before.</source>
        <translation>其中 {size} 先前已经下载。</translation>
    </message>
    <message>
        <source>Left where it is: {names}</source>
        <translation>不下载：{names}</translation>
    </message>
    <message>
        <source>{done} of {total}</source>
        <translation>{done} / {total}</translation>
    </message>
    <message>
        <source>{part} – verifying {file}</source>
        <translation>{part} – 正在核验 {file}</translation>
    </message>
    <message>
        <source>{part}, {speed}/s</source>
        <translation>{part}，{speed}/秒</translation>
    </message>
    <message>
        <source>{text}, {time} left</source>
        <translation>{text}，还需 {time}</translation>
    </message>
    <message>
        <source>{reason} Next try in {n} s.</source>
        <translation>{reason}{n} 秒后再试。</translation>
    </message>
</context>
<context>
    <name>Editor</name>
    <message>
        <source>Text</source>
        <translation>正文</translation>
    </message>
    <message>
        <source>Write an opening line, then press Ctrl+Enter.</source>
        <translation>写下开头的一句，然后按 Ctrl+Enter。</translation>
    </message>
    <message>
        <source>The clipboard holds {count} characters, and a text can have {limit} in all. Nothing was pasted.</source>
        <translation>剪贴板有 {count} 个字符，而一篇文字总共最多 {limit} 个。没有粘贴任何内容。</translation>
    </message>
    <message>
        <source>Characters that no text can hold were replaced by �.</source>
        <translation>文字中无法保存的字符已替换为 �。</translation>
    </message>
</context>
<context>
    <name>Effects</name>
    <message>
        <source>{struck} of {total} words could not have been written with these settings.</source>
        <translation>{total} 个词中有 {struck} 个用这些设置写不出来。</translation>
    </message>
    <message>
        <source>Perplexity of all others: {before} → {after}.</source>
        <translation>其余词的困惑度：{before} → {after}。</translation>
    </message>
    <message>
        <source>All {total} words could have been written with these settings.</source>
        <translation>全部 {total} 个词用这些设置都写得出来。</translation>
    </message>
    <message>
        <source>Perplexity: {before} → {after}.</source>
        <translation>困惑度：{before} → {after}。</translation>
    </message>
    <message>
        <source>From “{word}” on the text does not fit the pattern or schema.</source>
        <translation>从“{word}”起，正文不符合格式或模式。</translation>
    </message>
    <message>
        <source>Tokens not in memory any more: {n}.</source>
        <translation>已不在内存中的词元：{n}。</translation>
    </message>
    <message>
        <source>You chose these words yourself: no settings drew them.</source>
        <translation>这些词是你自己选的：不是由任何设置抽取的。</translation>
    </message>
    <message>
        <source>Nothing exact is known of this run with the model that is loaded.</source>
        <translation>用当前载入的模型无法确切得知这段生成的情况。</translation>
    </message>
</context>
<context>
    <name>ExportDialog</name>
    <message>
        <source>Export</source>
        <translation>导出</translation>
    </message>
    <message>
        <source>What</source>
        <translation>内容</translation>
    </message>
    <message>
        <source>The kind of file</source>
        <translation>文件的类型</translation>
    </message>
    <message>
        <source>Format</source>
        <translation>格式</translation>
    </message>
    <message>
        <source>&amp;Format</source>
        <translation>格式(&amp;F)</translation>
    </message>
    <message>
        <source>&amp;Settings before the text</source>
        <translation>正文前写入设置(&amp;S)</translation>
    </message>
    <message>
        <source>Model, sampling and seed of each generation, as front matter</source>
        <translation>以文首元数据的形式写入每次生成的模型、采样设置和种子</translation>
    </message>
    <message>
        <source>&amp;Mark generated text</source>
        <translation>标出生成的文字(&amp;M)</translation>
    </message>
    <message>
        <source>Show which passages the model wrote</source>
        <translation>显示哪些段落是模型写的</translation>
    </message>
    <message>
        <source>&amp;Colour tokens by their probability</source>
        <translation>按概率给词元着色(&amp;C)</translation>
    </message>
    <message>
        <source>The less likely a token was, the warmer it is; instead of the marks</source>
        <translation>词元的概率越低，颜色越暖；取代生成标记</translation>
    </message>
    <message>
        <source>&amp;Probabilities of every token</source>
        <translation>每个词元的概率(&amp;P)</translation>
    </message>
    <message>
        <source>Without them the file is many times smaller, and nothing can be looked up later</source>
        <translation>不含概率时文件会小许多倍，但以后无法再查看</translation>
    </message>
    <message>
        <source>Choose &amp;file…</source>
        <translation>选择文件(&amp;F)…</translation>
    </message>
    <message>
        <source>Choose where to write it</source>
        <translation>选择写入的位置</translation>
    </message>
    <message>
        <source>Cancel</source>
        <translation>取消</translation>
    </message>
    <message>
        <source>Write nothing (Esc)</source>
        <translation>什么也不写入（Esc）</translation>
    </message>
    <message>
        <source>&amp;This session</source>
        <translation>本会话(&amp;T)</translation>
    </message>
    <message>
        <source>The se&amp;lection</source>
        <translation>选中的文字(&amp;L)</translation>
    </message>
    <message>
        <source>This &amp;branch</source>
        <translation>当前分支(&amp;B)</translation>
    </message>
    <message>
        <source>The whole t&amp;ree</source>
        <translation>整棵树(&amp;R)</translation>
    </message>
    <message>
        <source>The whole librar&amp;y</source>
        <translation>整个文库(&amp;Y)</translation>
    </message>
    <message>
        <source>The text as it stands</source>
        <translation>现在的正文</translation>
    </message>
    <message>
        <source>The selected characters and nothing else</source>
        <translation>只有选中的文字</translation>
    </message>
    <message>
        <source>The text at the state chosen in the history, without other variants</source>
        <translation>历史中所选状态的正文，不含其他变体</translation>
    </message>
    <message>
        <source>Every variant: the text at each end of its history</source>
        <translation>所有变体：历史中每个末端的正文</translation>
    </message>
    <message>
        <source>Every session, also those in the archive, but not the trash</source>
        <translation>所有会话，包括已归档的，但不包括回收站里的</translation>
    </message>
</context>
<context>
    <name>FindBar</name>
    <message>
        <source>This pattern cannot be read from its character {n} on.</source>
        <translation>这个模式从第 {n} 个字符起无法读懂。</translation>
    </message>
    <message>
        <source>This pattern takes too long. Make it simpler: not (a+)+, but a+.</source>
        <translation>这个模式耗时太长。请写得简单些：不用 (a+)+，而用 a+。</translation>
    </message>
    <message>
        <source>{n} of {total}</source>
        <translation>第 {n} 处，共 {total} 处</translation>
    </message>
    <message>
        <source>{total} found</source>
        <translation>找到 {total} 处</translation>
    </message>
    <message>
        <source>not found</source>
        <translation>未找到</translation>
    </message>
    <message>
        <source>Select the text to search in first.</source>
        <translation>请先选中要在其中查找的文字。</translation>
    </message>
    <message>
        <source>The text cannot be changed now: it is being written, or open to read only.</source>
        <translation>现在不能改动文字：模型正在写，或文库以只读方式打开。</translation>
    </message>
    <message>
        <source>The replacement cannot be read: \1 is the first part in brackets, \\ is a backslash.</source>
        <translation>替换内容无法读懂：\1 是第一个括号里的部分，\\ 是反斜杠。</translation>
    </message>
    <message>
        <source>The text would be longer than {limit} characters. Nothing was replaced.</source>
        <translation>文字会超过 {limit} 个字符。没有替换任何内容。</translation>
    </message>
    <message>
        <source>Replaced: {n}.</source>
        <translation>已替换 {n} 处。</translation>
    </message>
</context>
<context>
    <name>FindControls</name>
    <message>
        <source>Find in this text</source>
        <translation>在本文中查找</translation>
    </message>
    <message>
        <source>Enter: next. Shift+Enter: previous. Esc: close</source>
        <translation>回车：下一个。Shift+回车：上一个。Esc：关闭</translation>
    </message>
    <message>
        <source>Match upper and lower case</source>
        <translation>区分大小写</translation>
    </message>
    <message>
        <source>Whole words only</source>
        <translation>只找整词</translation>
    </message>
    <message>
        <source>A pattern: . is any character, \d a digit, a|b either (regular expression)</source>
        <translation>模式：. 是任意字符，\d 是数字，a|b 是二者之一（正则表达式）</translation>
    </message>
    <message>
        <source>Only in the selected text</source>
        <translation>只在选中的文字里</translation>
    </message>
    <message>
        <source>Replace what is found (Ctrl+Shift+F)</source>
        <translation>替换找到的内容（Ctrl+Shift+F）</translation>
    </message>
    <message>
        <source>Previous (Shift+F3)</source>
        <translation>上一个（Shift+F3）</translation>
    </message>
    <message>
        <source>Next (F3)</source>
        <translation>下一个（F3）</translation>
    </message>
    <message>
        <source>Close (Esc)</source>
        <translation>关闭（Esc）</translation>
    </message>
    <message>
        <source>Enter: replace this one and go to the next</source>
        <translation>回车：替换这一处，再到下一处</translation>
    </message>
    <message>
        <source>Replace with</source>
        <translation>替换为</translation>
    </message>
    <message>
        <source>Replace this one and go to the next</source>
        <translation>替换这一处，再到下一处</translation>
    </message>
    <message>
        <source>Replace</source>
        <translation>替换</translation>
    </message>
    <message>
        <source>Replace all that is found; Undo takes it back in one step</source>
        <translation>替换找到的每一处；撤销一步即可全部恢复</translation>
    </message>
    <message>
        <source>Replace all</source>
        <translation>全部替换</translation>
    </message>
</context>
<context>
    <name>FindSettingsDialog</name>
    <message>
        <source>Find settings</source>
        <translation>寻找设置</translation>
    </message>
    <message>
        <source>make the passage as &amp;likely as can be</source>
        <translation>让这段文字尽可能容易出现(&amp;L)</translation>
    </message>
    <message>
        <source>The settings under which these very words would have been drawn most often</source>
        <translation>在这样的设置下，这些原词最常被抽中</translation>
    </message>
    <message>
        <source>give it this average &amp;entropy:</source>
        <translation>让它的平均熵为(&amp;E)：</translation>
    </message>
    <message>
        <source>Entropy says how undecided the choice is: 3 bits are as between 8 equally likely words</source>
        <translation>熵表示选择有多不确定：3 比特相当于在 8 个同样可能的词之间选择</translation>
    </message>
    <message>
        <source>make this &amp;word possible:</source>
        <translation>让这个词成为可能(&amp;W)：</translation>
    </message>
    <message>
        <source>The smallest change after which no stage removes this word here any more</source>
        <translation>使任何阶段都不再在此处去掉这个词的最小改动</translation>
    </message>
    <message>
        <source>Average entropy, bits</source>
        <translation>平均熵，比特</translation>
    </message>
    <message>
        <source>The average entropy wanted, in bits for each token</source>
        <translation>想要的平均熵，每个词元的比特数</translation>
    </message>
    <message>
        <source>bits</source>
        <translation>比特</translation>
    </message>
    <message>
        <source>Word that should become possible</source>
        <translation>应当成为可能的词</translation>
    </message>
    <message>
        <source>The word that should be able to stand here; empty: the one that does</source>
        <translation>应当能够出现在此处的词；留空：当前的词</translation>
    </message>
    <message>
        <source>such as dragon</source>
        <translation>例如 dragon</translation>
    </message>
    <message>
        <source>Tick what may change; everything else stays as it is set</source>
        <translation>勾选允许改变的设置；其余保持不变</translation>
    </message>
    <message>
        <source>Search</source>
        <translation>搜索</translation>
    </message>
    <message>
        <source>&amp;Find</source>
        <translation>寻找(&amp;F)</translation>
    </message>
    <message>
        <source>Look for the settings (Enter)</source>
        <translation>寻找设置（回车）</translation>
    </message>
    <message>
        <source>&amp;Stop</source>
        <translation>停止(&amp;S)</translation>
    </message>
    <message>
        <source>Stop looking (Esc)</source>
        <translation>停止寻找（Esc）</translation>
    </message>
    <message>
        <source>&amp;Apply</source>
        <translation>应用(&amp;A)</translation>
    </message>
    <message>
        <source>Set the sampling settings to these</source>
        <translation>把采样设置改为这些</translation>
    </message>
    <message>
        <source>&amp;Refuse</source>
        <translation>不采用(&amp;R)</translation>
    </message>
    <message>
        <source>Leave the settings as they are</source>
        <translation>保持现有设置</translation>
    </message>
    <message>
        <source>Settings as &amp;before</source>
        <translation>恢复原设置(&amp;B)</translation>
    </message>
    <message>
        <source>Set everything back to what it was</source>
        <translation>把一切恢复原状</translation>
    </message>
    <message>
        <source>Which settings would …</source>
        <translation>哪些设置会……</translation>
    </message>
    <message>
        <source>What may change</source>
        <translation>允许改变的设置</translation>
    </message>
</context>
<context>
    <name>Finding</name>
    <message>
        <source>This passage is no longer in the history of this text.</source>
        <translation>这段文字已不在本文的历史中。</translation>
    </message>
    <message>
        <source>This passage is in an earlier state of this text.</source>
        <translation>这段文字在本文较早的状态中。</translation>
    </message>
    <message>
        <source>This passage is in a branch that was pruned; going there brings it back.</source>
        <translation>这段文字在已剪去的分支中；前往那里会把它恢复。</translation>
    </message>
    <message>
        <source>This passage is in another branch.</source>
        <translation>这段文字在另一个分支中。</translation>
    </message>
    <message>
        <source>Go there</source>
        <translation>前往</translation>
    </message>
    <message>
        <source>The text cannot be changed now; it stays as it is.</source>
        <translation>现在不能改动文字；它保持原样。</translation>
    </message>
</context>
<context>
    <name>Guessing</name>
    <message>
        <source>“{name}” drafts ahead from now on; the text stays the same.</source>
        <translation>从现在起由“{name}”预先起草；文字不会改变。</translation>
    </message>
    <message>
        <source>No smaller model drafts any more; repeated words are still drafted.</source>
        <translation>不再用更小的模型起草；重复出现的词仍会预先起草。</translation>
    </message>
    <message>
        <source>Draft with a smaller model of the same vocabulary</source>
        <translation>用词表相同的更小模型起草</translation>
    </message>
    <message>
        <source>Loading the smaller model…</source>
        <translation>正在载入更小的模型…</translation>
    </message>
</context>
<context>
    <name>HeadStrips</name>
    <message>
        <source>Heads of the layer</source>
        <translation>这一层的各头</translation>
    </message>
    <message>
        <source>A layer has several heads; each looks back at the words read so far and shares out 100% of its attention among them. The strip is the text from its first word (left) to the last; the warmer, the more attention. Named is the word it looked at most. Many heads rest on the very first word when they have nothing to do.</source>
        <translation>一层有若干个头；每个头回看读过的词，把 100% 的注意力分给它们。横条是文本从第一个词（左）到最后一个词；颜色越暖，注意力越多。写出的是它看得最多的词。许多头无事可做时会停在第一个词上。</translation>
    </message>
    <message>
        <source>Head {head} of layer {layer} looked most at {words}</source>
        <translation>第 {layer} 层第 {head} 个头最多看向 {words}</translation>
    </message>
</context>
<context>
    <name>HeatButton</name>
    <message>
        <source>off</source>
        <translation>关</translation>
    </message>
    <message>
        <source>heat: {kind}</source>
        <translation>热度：{kind}</translation>
    </message>
</context>
<context>
    <name>HeatText</name>
    <message>
        <source>“{token}”: {probability} from the model itself, rank {rank}</source>
        <translation>“{token}”：模型本身给出 {probability}，排名第 {rank}</translation>
    </message>
</context>
<context>
    <name>Helping</name>
    <message>
        <source>Keyboard shortcuts</source>
        <translation>键盘快捷键</translation>
    </message>
    <message>
        <source>GPT-2 Studio {version}

Write with GPT-2 and see why it wrote what it wrote, wholly on this computer. Nothing is sent anywhere.

Your texts: {folder}
Python {python}, MIT licence. Icons: Lucide (ISC). The starter model&apos;s data and licences are in its model card.</source>
        <translation>GPT-2 Studio {version}

与 GPT-2 一起写作，并看清它为何这样写，一切都在这台电脑上完成。不会向任何地方发送任何内容。

你的文字：{folder}
Python {python}，MIT 许可证。图标：Lucide（ISC）。入门模型的数据与许可证见其模型卡。</translation>
    </message>
    <message>
        <source>About GPT-2 Studio</source>
        <translation>关于 GPT-2 Studio</translation>
    </message>
</context>
<context>
    <name>InsidePage</name>
    <message>
        <source>Attention</source>
        <translation>注意力</translation>
    </message>
    <message>
        <source>Layers</source>
        <translation>各层</translation>
    </message>
    <message>
        <source>Words</source>
        <translation>词语</translation>
    </message>
    <message>
        <source>Switches</source>
        <translation>开关</translation>
    </message>
    <message>
        <source>Views of the inside</source>
        <translation>内部的各种视图</translation>
    </message>
    <message>
        <source>Attention: where the model looked. Layers: what it would have said on the way. Words: which earlier words mattered. Switches: work without parts of it.</source>
        <translation>注意力：模型看向了哪里。各层：它在途中会说什么。词语：前面哪些词起了作用。开关：去掉它的一些部分再写。</translation>
    </message>
    <message>
        <source>The token all of this is about: the one before the caret</source>
        <translation>这里说的是哪个词元：光标前的那一个</translation>
    </message>
    <message>
        <source>The token before</source>
        <translation>前一个词元</translation>
    </message>
    <message>
        <source>The token after</source>
        <translation>后一个词元</translation>
    </message>
    <message>
        <source>Keep this token while the caret moves</source>
        <translation>光标移动时保持这个词元</translation>
    </message>
    <message>
        <source>Put the caret behind a word of the text. Here you see how the model came to it: which words it looked at, what it would have said on the way, which earlier words mattered, and what happens without parts of it.</source>
        <translation>把光标放到文中一个词的后面。这里会显示模型如何得到这个词：它看了哪些词，途中会说什么，前面哪些词起了作用，以及去掉它的一些部分会怎样。</translation>
    </message>
</context>
<context>
    <name>Interior</name>
    <message>
        <source>The model is writing; it can be looked into when it has finished.</source>
        <translation>模型正在写作；写完之后才能看它的内部。</translation>
    </message>
    <message>
        <source>Changing…</source>
        <translation>正在改动…</translation>
    </message>
    <message>
        <source>Reading…</source>
        <translation>正在读…</translation>
    </message>
    <message>
        <source>1 part of the model is off: {names} (L: layer, H: head).</source>
        <translation>模型有 1 个部分已关闭：{names}（L：层，H：头）。</translation>
    </message>
    <message>
        <source>{n} parts of the model are off: {names} (L: layer, H: head).</source>
        <translation>模型有 {n} 个部分已关闭：{names}（L：层，H：头）。</translation>
    </message>
    <message>
        <source>Looking…</source>
        <translation>正在查看…</translation>
    </message>
    <message>
        <source>Everything in the model is on again.</source>
        <translation>模型的各部分又全部打开了。</translation>
    </message>
    <message>
        <source>Everything on</source>
        <translation>全部打开</translation>
    </message>
    <message>
        <source>The model did not write this word. Choose one that it wrote, or press Continue.</source>
        <translation>这个词不是模型写的。请选一个模型写的词，或按“继续”。</translation>
    </message>
</context>
<context>
    <name>Legend</name>
    <message>
        <source>Orange ▼: likelier to A, blue ▲: likelier to B. One bit of difference is twice as likely; from six bits on, 64 times, the colour is full.</source>
        <translation>橙色 ▼：A 认为更可能；蓝色 ▲：B 认为更可能。相差 1 比特就是可能性翻倍；到 6 比特（64 倍）颜色最深。</translation>
    </message>
</context>
<context>
    <name>LensTable</name>
    <message>
        <source>What each layer would have said</source>
        <translation>每一层会说什么</translation>
    </message>
    <message>
        <source>The model works in layers, one after the other. Each row shows the words it would have offered had it stopped there (the “logit lens”): row 0 before any layer, the last row its real answer. At the right the rank of the word that stands in the text: 1 is the favourite; the line shows how it got there. Early rows are often strange.</source>
        <translation>模型一层接一层地工作。每一行显示如果停在那里它会给出的词（“logit 透镜”）：第 0 行在所有层之前，最后一行是它真正的回答。右边是文中那个词的排名：1 是首选；折线显示它如何走到那里。靠前的几行往往很奇怪。</translation>
    </message>
    <message>
        <source>likeliest tokens</source>
        <translation>最可能的词元</translation>
    </message>
    <message>
        <source>rank</source>
        <translation>排名</translation>
    </message>
    <message>
        <source>Before any layer: {words}.</source>
        <translation>在所有层之前：{words}。</translation>
    </message>
    <message>
        <source>After layer {layer}: {words}.</source>
        <translation>第 {layer} 层之后：{words}。</translation>
    </message>
    <message>
        <source>“{token}” has rank {rank} with {probability}. {kl} nats away from the final answer (KL divergence; 0: the same).</source>
        <translation>“{token}”排名 {rank}，概率 {probability}。与最终回答相距 {kl} nat（KL 散度；0 表示相同）。</translation>
    </message>
</context>
<context>
    <name>LensView</name>
    <message>
        <source>What each layer would have said</source>
        <translation>每一层会说什么</translation>
    </message>
    <message>
        <source>This kind of model does not show what its layers would have said.</source>
        <translation>这类模型不显示它的各层会说什么。</translation>
    </message>
</context>
<context>
    <name>LibraryDialog</name>
    <message>
        <source>Your library</source>
        <translation>你的文库</translation>
    </message>
    <message>
        <source>Whatever you choose, the damaged file stays in this folder. If another takes its place, it is renamed to library-damaged-….db.</source>
        <translation>无论你怎样选择，损坏的文件都会留在此文件夹中。如果由其他文件取代，它会改名为 library-damaged-….db。</translation>
    </message>
    <message>
        <source>1 session</source>
        <translation>1 个会话</translation>
    </message>
    <message>
        <source>{n} sessions</source>
        <translation>{n} 个会话</translation>
    </message>
    <message>
        <source>There is a backup of {time} with {sessions}; it has just been checked and is sound.</source>
        <translation>有一份 {time} 的备份，含 {sessions}；刚刚检查过，完好无损。</translation>
    </message>
    <message>
        <source>&amp;Put this backup in its place</source>
        <translation>用此备份替换(&amp;P)</translation>
    </message>
    <message>
        <source>A copy of the backup becomes your library; the backup stays too</source>
        <translation>备份的副本将成为你的文库；备份本身也会保留</translation>
    </message>
    <message>
        <source>&amp;Save what can be read</source>
        <translation>抢救可读取的内容(&amp;S)</translation>
    </message>
    <message>
        <source>Every session that can still be read becomes part of a new library in this place</source>
        <translation>所有仍可读取的会话都会收入此处的新文库</translation>
    </message>
    <message>
        <source>&amp;Try again</source>
        <translation>重试(&amp;T)</translation>
    </message>
    <message>
        <source>After you have put it right</source>
        <translation>在你解决问题之后</translation>
    </message>
    <message>
        <source>Open to &amp;read only</source>
        <translation>以只读方式打开(&amp;R)</translation>
    </message>
    <message>
        <source>Read, search and copy; nothing is changed</source>
        <translation>可阅读、查找和复制；不做任何更改</translation>
    </message>
    <message>
        <source>Open &amp;without the newest changes</source>
        <translation>不含最新更改打开(&amp;W)</translation>
    </message>
    <message>
        <source>Go on with what the library file itself holds</source>
        <translation>使用文库文件本身的内容继续</translation>
    </message>
    <message>
        <source>Keep the damaged file and start a &amp;new library</source>
        <translation>保留损坏的文件并新建文库(&amp;N)</translation>
    </message>
    <message>
        <source>The damaged file is renamed and stays in its folder</source>
        <translation>损坏的文件会改名并留在原文件夹中</translation>
    </message>
    <message>
        <source>Use another &amp;folder…</source>
        <translation>使用其他文件夹(&amp;F)…</translation>
    </message>
    <message>
        <source>Open or start a library elsewhere</source>
        <translation>在别处打开或新建文库</translation>
    </message>
    <message>
        <source>&amp;Quit</source>
        <translation>退出(&amp;Q)</translation>
    </message>
    <message>
        <source>Change nothing and close the app</source>
        <translation>不做任何更改并关闭程序</translation>
    </message>
</context>
<context>
    <name>Loading</name>
    <message>
        <source>Loading the model…</source>
        <translation>正在加载模型…</translation>
    </message>
    <message>
        <source>Loading was stopped; “{name}” goes on writing.</source>
        <translation>已停止加载；“{name}”继续写作。</translation>
    </message>
    <message>
        <source>Loading the model… {percent}%</source>
        <translation>正在加载模型… {percent}%</translation>
    </message>
    <message>
        <source>Memory does not hold two models, so “{name}” was unloaded first.</source>
        <translation>内存装不下两个模型，因此先卸载了“{name}”。</translation>
    </message>
    <message>
        <source>Unloaded: {freed} of memory are free again. Continue loads the model again.</source>
        <translation>已卸载：释放了 {freed} 内存。“续写”会重新加载模型。</translation>
    </message>
    <message>
        <source>Unloaded. Continue loads the model again.</source>
        <translation>已卸载。“续写”会重新加载模型。</translation>
    </message>
</context>
<context>
    <name>LoomPanel</name>
    <message>
        <source>Loom</source>
        <translation>织机</translation>
    </message>
    <message>
        <source>What the model would most probably write next. The thicker a line, the likelier the word after the one before. Click a last word, or press Enter, to take the whole path into the text. Keys: arrows walk, Right grows further, + and - zoom, 0 resets, Esc stops.</source>
        <translation>模型接下来最可能写出的内容。线越粗，后一个词接在前一个词之后的可能性越大。点击末端的词，或按回车，即可把整条路径写入正文。按键：方向键移动，右键继续生长，+ 和 - 缩放，0 复位，Esc 停止。</translation>
    </message>
    <message>
        <source>Width</source>
        <translation>宽度</translation>
    </message>
    <message>
        <source>How many words may follow each word, the likeliest first</source>
        <translation>每个词之后最多可接几个词，最可能的在前</translation>
    </message>
    <message>
        <source>Depth</source>
        <translation>深度</translation>
    </message>
    <message>
        <source>How many tokens a path may have; a token is a word or a part of one</source>
        <translation>一条路径最多有多少个词元；词元是一个词或词的一部分</translation>
    </message>
    <message>
        <source>After sampling</source>
        <translation>采样之后</translation>
    </message>
    <message>
        <source>Off: how likely the model itself finds each word. On: how likely each would be drawn with the sampling settings as they are now.</source>
        <translation>关：模型本身认为每个词有多可能。开：按当前采样设置，每个词被抽中的可能性。</translation>
    </message>
    <message>
        <source>Take into the text</source>
        <translation>写入正文</translation>
    </message>
    <message>
        <source>Put the words up to the selected one into the text, as a branch (Enter)</source>
        <translation>把直到所选词为止的文字作为一个分支写入正文（回车）</translation>
    </message>
    <message>
        <source>Stop growing</source>
        <translation>停止生长</translation>
    </message>
    <message>
        <source>Keep the tree as it is (Esc)</source>
        <translation>保持树现在的样子（Esc）</translation>
    </message>
    <message>
        <source>“{words}”: {joint}</source>
        <translation>“{words}”：{joint}</translation>
    </message>
    <message>
        <source>(one in {n})</source>
        <translation>（{n} 分之一）</translation>
    </message>
    <message>
        <source>The last word alone: {own} after those before it.</source>
        <translation>仅最后一个词：接在前文之后的可能性为 {own}。</translation>
    </message>
</context>
<context>
    <name>Menus</name>
    <message>
        <source>&amp;Theme</source>
        <translation>主题(&amp;T)</translation>
    </message>
    <message>
        <source>&amp;Language</source>
        <translation>语言(&amp;L)</translation>
    </message>
    <message>
        <source>&amp;Compute on</source>
        <translation>计算设备(&amp;C)</translation>
    </message>
    <message>
        <source>As the system</source>
        <translation>跟随系统</translation>
    </message>
    <message>
        <source>Light</source>
        <translation>浅色</translation>
    </message>
    <message>
        <source>Dark</source>
        <translation>深色</translation>
    </message>
    <message>
        <source>Automatic</source>
        <translation>自动</translation>
    </message>
</context>
<context>
    <name>ModelChip</name>
    <message>
        <source>no model</source>
        <translation>无模型</translation>
    </message>
    <message>
        <source>Model: {name}</source>
        <translation>模型：{name}</translation>
    </message>
    <message>
        <source>The model that writes: {name}. Click to choose another one.</source>
        <translation>正在写作的模型：{name}。点击可换一个。</translation>
    </message>
    <message>
        <source>Stop loading</source>
        <translation>停止加载</translation>
    </message>
</context>
<context>
    <name>ModelDetails</name>
    <message>
        <source>Tokenizer</source>
        <translation>分词器</translation>
    </message>
    <message>
        <source>Licence</source>
        <translation>许可证</translation>
    </message>
    <message>
        <source>Source</source>
        <translation>来源</translation>
    </message>
    <message>
        <source>Added</source>
        <translation>添加于</translation>
    </message>
    <message>
        <source>Written in</source>
        <translation>写于</translation>
    </message>
    <message>
        <source>Speed so far</source>
        <translation>以往速度</translation>
    </message>
    <message>
        <source>Folder</source>
        <translation>文件夹</translation>
    </message>
    <message>
        <source>On the way in</source>
        <translation>导入说明</translation>
    </message>
    <message>
        <source>Copy the SHA-256</source>
        <translation>复制 SHA-256</translation>
    </message>
    <message>
        <source>Copy the whole SHA-256 of the weights</source>
        <translation>复制权重的完整 SHA-256</translation>
    </message>
    <message>
        <source>Choose a model to see more of it.</source>
        <translation>选择一个模型以查看详情。</translation>
    </message>
    <message>
        <source>not known</source>
        <translation>未知</translation>
    </message>
    <message>
        <source>{n} tokens/s</source>
        <translation>{n} 词元/秒</translation>
    </message>
    <message>
        <source>{kind}, {n} entries</source>
        <translation>{kind}，{n} 个词条</translation>
    </message>
    <message>
        <source>is being computed…</source>
        <translation>正在计算…</translation>
    </message>
</context>
<context>
    <name>ModelExport</name>
    <message>
        <source>Another model is being exported; try again then.</source>
        <translation>正在导出另一个模型；请稍后再试。</translation>
    </message>
    <message>
        <source>GGUF for llama.cpp, 16 bits (*.gguf)</source>
        <translation>供 llama.cpp 使用的 GGUF，16 位 (*.gguf)</translation>
    </message>
    <message>
        <source>GGUF for llama.cpp, 8 bits (*.gguf)</source>
        <translation>供 llama.cpp 使用的 GGUF，8 位 (*.gguf)</translation>
    </message>
    <message>
        <source>GGUF for llama.cpp, 32 bits (*.gguf)</source>
        <translation>供 llama.cpp 使用的 GGUF，32 位 (*.gguf)</translation>
    </message>
    <message>
        <source>Folder for Hugging Face, 16 bits (*)</source>
        <translation>Hugging Face 文件夹，16 位 (*)</translation>
    </message>
    <message>
        <source>Folder for Hugging Face, 32 bits (*)</source>
        <translation>Hugging Face 文件夹，32 位 (*)</translation>
    </message>
    <message>
        <source>Export “{name}”</source>
        <translation>导出“{name}”</translation>
    </message>
    <message>
        <source>The export was stopped; nothing was written.</source>
        <translation>导出已停止；没有写入任何内容。</translation>
    </message>
    <message>
        <source>Exporting “{name}”… {percent}%</source>
        <translation>正在导出“{name}”… {percent}%</translation>
    </message>
    <message>
        <source>Cancel</source>
        <translation>取消</translation>
    </message>
    <message>
        <source>“{name}” was written, {size} MB.</source>
        <translation>已写入“{name}”，{size} MB。</translation>
    </message>
    <message>
        <source>Show</source>
        <translation>显示</translation>
    </message>
</context>
<context>
    <name>ModelLibrary</name>
    <message>
        <source>loading…</source>
        <translation>加载中…</translation>
    </message>
    <message>
        <source>only in memory</source>
        <translation>仅在内存中</translation>
    </message>
    <message>
        <source>“{name}” was removed: it is in the trash of models.</source>
        <translation>“{name}”已被移除：它在模型回收站里。</translation>
    </message>
    <message>
        <source>Put it back and load it</source>
        <translation>放回并加载</translation>
    </message>
    <message>
        <source>Use the starter model</source>
        <translation>使用入门模型</translation>
    </message>
    <message>
        <source>“{name}” goes on writing.</source>
        <translation>“{name}”继续写作。</translation>
    </message>
    <message>
        <source>Open a GPT-2 model folder</source>
        <translation>打开 GPT-2 模型文件夹</translation>
    </message>
    <message>
        <source>“{name}” is in the trash.</source>
        <translation>“{name}”已移入回收站。</translation>
    </message>
    <message>
        <source>“{name}” is not listed any more; its folder was not touched.</source>
        <translation>“{name}”不再列出；它的文件夹没有被改动。</translation>
    </message>
    <message>
        <source>It stays in memory and goes on writing until it is unloaded.</source>
        <translation>它仍在内存中，卸载之前继续写作。</translation>
    </message>
    <message>
        <source>Undo</source>
        <translation>撤销</translation>
    </message>
    <message>
        <source>“{name}” stands on the shelf of models now.</source>
        <translation>“{name}”已放上模型架。</translation>
    </message>
    <message>
        <source>Write with it</source>
        <translation>用它写作</translation>
    </message>
</context>
<context>
    <name>ModelNote</name>
    <message>
        <source>Do what the words beside say</source>
        <translation>执行旁边文字所说的操作</translation>
    </message>
    <message>
        <source>S&amp;top</source>
        <translation>停止(&amp;T)</translation>
    </message>
    <message>
        <source>Stop loading; the model before goes on writing (Esc)</source>
        <translation>停止加载；之前的模型继续写作 (Esc)</translation>
    </message>
</context>
<context>
    <name>ModelTable</name>
    <message>
        <source>Models</source>
        <translation>模型</translation>
    </message>
    <message>
        <source>Arrows choose, Enter writes with the model, F2 renames, Delete removes</source>
        <translation>方向键选择，回车用该模型写作，F2 重命名，Delete 移除</translation>
    </message>
    <message>
        <source>Model</source>
        <translation>模型</translation>
    </message>
    <message>
        <source>State</source>
        <translation>状态</translation>
    </message>
    <message>
        <source>Kind</source>
        <translation>类型</translation>
    </message>
    <message>
        <source>Precision</source>
        <translation>精度</translation>
    </message>
    <message>
        <source>Parameters</source>
        <translation>参数量</translation>
    </message>
    <message>
        <source>Size</source>
        <translation>大小</translation>
    </message>
    <message>
        <source>Context</source>
        <translation>上下文</translation>
    </message>
    <message>
        <source>Here</source>
        <translation>在本机</translation>
    </message>
    <message>
        <source>Last used</source>
        <translation>上次使用</translation>
    </message>
    <message>
        <source>The architecture that the model&apos;s files name</source>
        <translation>模型文件中写明的架构</translation>
    </message>
    <message>
        <source>How the file holds the weights; Model → Precision… says how they are computed</source>
        <translation>文件中权重的存储方式；计算精度见“模型 → 精度…”</translation>
    </message>
    <message>
        <source>On the disk</source>
        <translation>在磁盘上</translation>
    </message>
    <message>
        <source>How many tokens of a text the model sees at most</source>
        <translation>模型最多能看到文本中的多少个词元</translation>
    </message>
    <message>
        <source>Whether the model fits into the memory that is free, and how fast it is</source>
        <translation>模型能否放入空闲内存，以及有多快</translation>
    </message>
</context>
<context>
    <name>ModelWords</name>
    <message>
        <source>in use</source>
        <translation>使用中</translation>
    </message>
    <message>
        <source>loading…</source>
        <translation>加载中…</translation>
    </message>
    <message>
        <source>only in memory</source>
        <translation>仅在内存中</translation>
    </message>
    <message>
        <source>in the trash</source>
        <translation>在回收站中</translation>
    </message>
    <message>
        <source>default</source>
        <translation>默认</translation>
    </message>
    <message>
        <source>fits</source>
        <translation>装得下</translation>
    </message>
    <message>
        <source>slow</source>
        <translation>较慢</translation>
    </message>
    <message>
        <source>won&apos;t fit</source>
        <translation>装不下</translation>
    </message>
    <message>
        <source>cannot be loaded</source>
        <translation>无法加载</translation>
    </message>
    <message>
        <source>Its weights have been changed since it was put on the shelf: their SHA-256 was {digest}…</source>
        <translation>放上模型架之后，它的权重被改动过：原来的 SHA-256 是 {digest}…</translation>
    </message>
    <message>
        <source>It is in memory and goes on writing, but its files are not on the shelf any more.</source>
        <translation>它仍在内存中并继续写作，但文件已不在模型架上。</translation>
    </message>
    <message>
        <source>never</source>
        <translation>从不</translation>
    </message>
    <message>
        <source>has not written yet</source>
        <translation>尚未写作</translation>
    </message>
    <message>
        <source>1 session</source>
        <translation>1 个会话</translation>
    </message>
    <message>
        <source>{n} sessions</source>
        <translation>{n} 个会话</translation>
    </message>
    <message>
        <source>without words</source>
        <translation>无文字</translation>
    </message>
    <message>
        <source>ships with the app</source>
        <translation>随应用附带</translation>
    </message>
    <message>
        <source>used in place</source>
        <translation>原处使用</translation>
    </message>
    <message>
        <source>not known</source>
        <translation>未知</translation>
    </message>
</context>
<context>
    <name>ModelsDialog</name>
    <message>
        <source>Models</source>
        <translation>模型</translation>
    </message>
    <message>
        <source>Find a model</source>
        <translation>查找模型</translation>
    </message>
    <message>
        <source>List only models that have all these words somewhere in their line</source>
        <translation>只列出所在行包含全部这些词的模型</translation>
    </message>
    <message>
        <source>&amp;Import…</source>
        <translation>导入(&amp;I)…</translation>
    </message>
    <message>
        <source>Put a model from a file or a folder on the shelf</source>
        <translation>把文件或文件夹中的模型放上模型架</translation>
    </message>
    <message>
        <source>&amp;Download…</source>
        <translation>下载…(&amp;D)</translation>
    </message>
    <message>
        <source>Fetch a model from the Hugging Face Hub, checked before it is used</source>
        <translation>从 Hugging Face Hub 下载模型，使用前先校验</translation>
    </message>
    <message>
        <source>Use a &amp;folder…</source>
        <translation>使用文件夹…(&amp;F)</translation>
    </message>
    <message>
        <source>List a model&apos;s folder without copying it; nothing in it is ever changed</source>
        <translation>列出模型文件夹而不复制；其中的内容绝不会被改动</translation>
    </message>
    <message>
        <source>List the models that were removed</source>
        <translation>列出已移除的模型</translation>
    </message>
    <message>
        <source>&amp;Write with it</source>
        <translation>用它写作(&amp;W)</translation>
    </message>
    <message>
        <source>Load the chosen model; the one before goes on writing until it is ready (Enter)</source>
        <translation>加载所选模型；就绪之前，原来的模型继续写作（回车）</translation>
    </message>
    <message>
        <source>&amp;Unload</source>
        <translation>卸载(&amp;U)</translation>
    </message>
    <message>
        <source>Give the model&apos;s memory back; Continue loads it again</source>
        <translation>释放模型占用的内存；“续写”会重新加载</translation>
    </message>
    <message>
        <source>Make d&amp;efault</source>
        <translation>设为默认(&amp;E)</translation>
    </message>
    <message>
        <source>Begin with this model whenever the app starts, whichever was used last; again: not</source>
        <translation>每次启动都使用此模型，无论上次用的是哪个；再按一次则取消</translation>
    </message>
    <message>
        <source>&amp;Rename</source>
        <translation>重命名(&amp;R)</translation>
    </message>
    <message>
        <source>Call it something else (F2)</source>
        <translation>改个名字 (F2)</translation>
    </message>
    <message>
        <source>Re&amp;move</source>
        <translation>移除(&amp;M)</translation>
    </message>
    <message>
        <source>Put the model into the trash (Delete)</source>
        <translation>把模型移入回收站 (Delete)</translation>
    </message>
    <message>
        <source>&amp;Optimise…</source>
        <translation>优化…(&amp;O)</translation>
    </message>
    <message>
        <source>Make a smaller or faster model of it, beside it</source>
        <translation>另外生成一个更小或更快的模型</translation>
    </message>
    <message>
        <source>E&amp;xport…</source>
        <translation>导出…(&amp;X)</translation>
    </message>
    <message>
        <source>Write it to a folder or a GGUF file for other programs</source>
        <translation>写入文件夹或 GGUF 文件，供其他程序使用</translation>
    </message>
    <message>
        <source>Open fol&amp;der</source>
        <translation>打开文件夹(&amp;D)</translation>
    </message>
    <message>
        <source>Show the model&apos;s files in the file manager</source>
        <translation>在文件管理器中显示模型文件</translation>
    </message>
    <message>
        <source>&amp;Restore</source>
        <translation>恢复(&amp;R)</translation>
    </message>
    <message>
        <source>Put the model back on the shelf</source>
        <translation>把模型放回模型架</translation>
    </message>
    <message>
        <source>&amp;Empty the trash…</source>
        <translation>清空回收站…(&amp;E)</translation>
    </message>
    <message>
        <source>Delete for good what is in the trash</source>
        <translation>永久删除回收站中的内容</translation>
    </message>
    <message>
        <source>Unload by itself:</source>
        <translation>自动卸载：</translation>
    </message>
    <message>
        <source>Unload the model by itself</source>
        <translation>自动卸载模型</translation>
    </message>
    <message>
        <source>After so long without use the model&apos;s memory is given back; Continue loads it again</source>
        <translation>闲置这么久之后释放模型内存；“续写”会重新加载</translation>
    </message>
    <message>
        <source>after {n} minutes</source>
        <translation>{n} 分钟后</translation>
    </message>
    <message>
        <source>never</source>
        <translation>从不</translation>
    </message>
    <message>
        <source>&amp;Trash ({n})</source>
        <translation>回收站 ({n})(&amp;T)</translation>
    </message>
    <message>
        <source>No d&amp;efault</source>
        <translation>取消默认(&amp;E)</translation>
    </message>
    <message>
        <source>Put the model into the trash (Delete); it stays in memory until it is unloaded</source>
        <translation>把模型移入回收站 (Delete)；卸载之前它仍在内存中</translation>
    </message>
    <message>
        <source>Delete {n} models for good? {size} come free. This cannot be undone.</source>
        <translation>永久删除 {n} 个模型？将释放 {size}。此操作无法撤销。</translation>
    </message>
    <message>
        <source>Delete 1 model for good? {size} come free. This cannot be undone.</source>
        <translation>永久删除 1 个模型？将释放 {size}。此操作无法撤销。</translation>
    </message>
    <message>
        <source>Delete for good</source>
        <translation>永久删除</translation>
    </message>
    <message>
        <source>Use a model&apos;s folder where it is</source>
        <translation>在原处使用模型文件夹</translation>
    </message>
</context>
<context>
    <name>NoticeBar</name>
    <message>
        <source>Dismiss</source>
        <translation>关闭</translation>
    </message>
    <message>
        <source>Dismiss (Esc)</source>
        <translation>关闭（Esc）</translation>
    </message>
</context>
<context>
    <name>ObjectivePlot</name>
    <message>
        <source>The passage along one setting</source>
        <translation>这段文字随一项设置的变化</translation>
    </message>
    <message>
        <source>{figure} along {setting}: {low} to {high}; from {before} to {after}.</source>
        <translation>{figure}随{setting}的变化：{low} 到 {high}；从 {before} 到 {after}。</translation>
    </message>
</context>
<context>
    <name>Openings</name>
    <message>
        <source>Or begin with one of these:</source>
        <translation>或者从下面选一句开始：</translation>
    </message>
    <message>
        <source>Begin with this sentence</source>
        <translation>用这句话开头</translation>
    </message>
</context>
<context>
    <name>OptimiseDialog</name>
    <message>
        <source>Optimise a model</source>
        <translation>优化模型</translation>
    </message>
    <message>
        <source>Model</source>
        <translation>模型</translation>
    </message>
    <message>
        <source>Which model a smaller one is made of; it stays as it is</source>
        <translation>由哪个模型做出较小的模型；它本身保持不变</translation>
    </message>
    <message>
        <source>Its re&amp;port</source>
        <translation>它的报告(&amp;P)</translation>
    </message>
    <message>
        <source>Show how this model itself was made, and its price</source>
        <translation>查看此模型本身是怎样做出来的，以及代价</translation>
    </message>
    <message>
        <source>Judged by</source>
        <translation>评判依据</translation>
    </message>
    <message>
        <source>my &amp;text</source>
        <translation>我的文本(&amp;T)</translation>
    </message>
    <message>
        <source>The selected words, or the whole open text</source>
        <translation>选中的文字，或打开的整篇文本</translation>
    </message>
    <message>
        <source>the &amp;app&apos;s text</source>
        <translation>应用自带文本(&amp;A)</translation>
    </message>
    <message>
        <source>A short text that ships with the app, English and Chinese</source>
        <translation>应用自带的一小段中英文文本</translation>
    </message>
    <message>
        <source>a f&amp;ile</source>
        <translation>一个文件(&amp;I)</translation>
    </message>
    <message>
        <source>A plain text file of your own, in UTF-8</source>
        <translation>你自己的 UTF-8 纯文本文件</translation>
    </message>
    <message>
        <source>Ch&amp;oose…</source>
        <translation>选择(&amp;O)…</translation>
    </message>
    <message>
        <source>Choose the text file</source>
        <translation>选择文本文件</translation>
    </message>
    <message>
        <source>Progress</source>
        <translation>进度</translation>
    </message>
    <message>
        <source>How far the work is</source>
        <translation>工作进行到哪里了</translation>
    </message>
    <message>
        <source>&amp;Stop</source>
        <translation>停止(&amp;S)</translation>
    </message>
    <message>
        <source>Stop; nothing is kept (Esc)</source>
        <translation>停止，什么都不保留 (Esc)</translation>
    </message>
    <message>
        <source>&amp;Make it</source>
        <translation>开始制作(&amp;M)</translation>
    </message>
    <message>
        <source>Make the new model and measure both; it is not kept yet</source>
        <translation>做出新模型并测量两者；此时还不会保留</translation>
    </message>
    <message>
        <source>Na&amp;me</source>
        <translation>名称(&amp;M)</translation>
    </message>
    <message>
        <source>Name of the new model</source>
        <translation>新模型的名称</translation>
    </message>
    <message>
        <source>What the new model is called on the shelf</source>
        <translation>新模型在模型架上的名称</translation>
    </message>
    <message>
        <source>&amp;Discard</source>
        <translation>丢弃(&amp;D)</translation>
    </message>
    <message>
        <source>Delete the new model; the old one is untouched</source>
        <translation>删除新模型；原来的模型不受影响</translation>
    </message>
    <message>
        <source>&amp;Keep</source>
        <translation>保留(&amp;K)</translation>
    </message>
    <message>
        <source>Put the new model on the shelf</source>
        <translation>把新模型放上模型架</translation>
    </message>
    <message>
        <source>Keep and &amp;write with it</source>
        <translation>保留并用它写作(&amp;W)</translation>
    </message>
    <message>
        <source>Put it on the shelf and load it</source>
        <translation>放上模型架并加载</translation>
    </message>
    <message>
        <source>Make a smaller one of</source>
        <translation>做一个较小的版本，来自</translation>
    </message>
    <message>
        <source>How small it gets depends on the text.</source>
        <translation>能变多小取决于文本。</translation>
    </message>
    <message>
        <source>About {after} instead of {before}.</source>
        <translation>约 {after}，原为 {before}。</translation>
    </message>
    <message>
        <source>Choose a text</source>
        <translation>选择一段文本</translation>
    </message>
</context>
<context>
    <name>OptimiseForm</name>
    <message>
        <source>&amp;Fewer bits</source>
        <translation>更少的位(&amp;F)</translation>
    </message>
    <message>
        <source>Fewer &amp;layers</source>
        <translation>更少的层(&amp;L)</translation>
    </message>
    <message>
        <source>Fewer &amp;heads, narrower</source>
        <translation>更少的头，更窄(&amp;H)</translation>
    </message>
    <message>
        <source>Fewer &amp;neurons</source>
        <translation>更少的神经元(&amp;N)</translation>
    </message>
    <message>
        <source>Smaller &amp;vocabulary</source>
        <translation>更小的词表(&amp;V)</translation>
    </message>
    <message>
        <source>Precision of the new model</source>
        <translation>新模型的精度</translation>
    </message>
    <message>
        <source>what the text needs, and single bytes</source>
        <translation>文本需要的词元和单个字节</translation>
    </message>
    <message>
        <source>How many stay</source>
        <translation>保留多少</translation>
    </message>
    <message>
        <source>of {there}</source>
        <translation>共 {there}</translation>
    </message>
    <message>
        <source>not with this model</source>
        <translation>不适用于此模型</translation>
    </message>
</context>
<context>
    <name>OptimiseResult</name>
    <message>
        <source>Before and after</source>
        <translation>前后对比</translation>
    </message>
    <message>
        <source>What was measured of both models; each row explains itself</source>
        <translation>两个模型的测量结果；每行都有说明</translation>
    </message>
    <message>
        <source>Before</source>
        <translation>之前</translation>
    </message>
    <message>
        <source>After</source>
        <translation>之后</translation>
    </message>
    <message>
        <source>Writes before</source>
        <translation>之前的写法</translation>
    </message>
    <message>
        <source>Writes after</source>
        <translation>之后的写法</translation>
    </message>
    <message>
        <source>The text&apos;s beginning, written on with the same seeds</source>
        <translation>从文本的开头用相同的种子续写</translation>
    </message>
</context>
<context>
    <name>OptimiseWords</name>
    <message>
        <source>Every number of the model in fewer bits. float16 and bfloat16 lose next to nothing, 8 bits little, 4 bits more. 8 and 4 bits are for GPT-2 models.</source>
        <translation>模型的每个数用更少的位存储。float16 和 bfloat16 几乎没有损失，8 位损失很小，4 位损失大一些。8 位和 4 位仅适用于 GPT-2 模型。</translation>
    </message>
    <message>
        <source>Whole layers go, one after the other: the one without which the text stays likeliest (SLEB, arXiv 2402.09025). Fine-tuning brings back much of what is lost.</source>
        <translation>整层逐一去掉：每次去掉对文本影响最小的一层（SLEB，arXiv 2402.09025）。微调可以找回大部分损失。</translation>
    </message>
    <message>
        <source>The same number of attention heads goes in every layer, those the text needs least (Michel et al., arXiv 1905.10650), and the model gets narrower by as much, its main directions kept (SliceGPT, arXiv 2401.15024). Single heads cannot go: all layers of a GPT-2 have equally many. Costs much; fine-tune the model afterwards.</source>
        <translation>每层去掉同样多的注意力头，即文本最不需要的那些（Michel 等，arXiv 1905.10650）；模型也相应变窄，保留主要方向（SliceGPT，arXiv 2401.15024）。无法只去掉个别的头：GPT-2 各层的头数必须相同。代价较大，之后应当微调。</translation>
    </message>
    <message>
        <source>Every layer keeps the neurons that say most on the text (Minitron, arXiv 2407.14679). A quarter can often go at a small price.</source>
        <translation>每层保留在文本上最活跃的神经元（Minitron，arXiv 2407.14679）。去掉四分之一往往代价很小。</translation>
    </message>
    <message>
        <source>Only the tokens that the text needs, and single bytes. The text is cut up as before; any other text can still be written, with more tokens. For byte-level BPE.</source>
        <translation>只保留文本需要的词元和单个字节。该文本的切分不变；其他文本仍可书写，只是需要更多词元。适用于字节级 BPE。</translation>
    </message>
    <message>
        <source>Loading…</source>
        <translation>正在加载…</translation>
    </message>
    <message>
        <source>Measuring the model as it is…</source>
        <translation>正在测量原来的模型…</translation>
    </message>
    <message>
        <source>Making the new model…</source>
        <translation>正在制作新模型…</translation>
    </message>
    <message>
        <source>Measuring the new model…</source>
        <translation>正在测量新模型…</translation>
    </message>
    <message>
        <source>Size</source>
        <translation>大小</translation>
    </message>
    <message>
        <source>Of the files with the weights</source>
        <translation>权重文件的大小</translation>
    </message>
    <message>
        <source>Parameters</source>
        <translation>参数量</translation>
    </message>
    <message>
        <source>How many numbers the model consists of</source>
        <translation>模型由多少个数组成</translation>
    </message>
    <message>
        <source>Speed</source>
        <translation>速度</translation>
    </message>
    <message>
        <source>Each computed in the precision it is stored in, beside whatever else this computer did</source>
        <translation>各按其存储精度计算，与电脑当时的其他工作同时进行</translation>
    </message>
    <message>
        <source>Perplexity</source>
        <translation>困惑度</translation>
    </message>
    <message>
        <source>Among how many equally likely tokens the model chooses, as it were; less is better</source>
        <translation>相当于模型在多少个同样可能的词元中选择；越小越好</translation>
    </message>
    <message>
        <source>Bits per byte</source>
        <translation>每字节比特数</translation>
    </message>
    <message>
        <source>The same in a measure that does not depend on the vocabulary; less is better</source>
        <translation>同样的意思，但与词表无关；越小越好</translation>
    </message>
    <message>
        <source>Same favourite</source>
        <translation>首选相同</translation>
    </message>
    <message>
        <source>How often the likeliest token is the same in both models</source>
        <translation>两个模型最可能的词元有多少次相同</translation>
    </message>
    <message>
        <source>{n} nats</source>
        <translation>{n} 奈特</translation>
    </message>
    <message>
        <source>Mean KL</source>
        <translation>平均 KL</translation>
    </message>
    <message>
        <source>Kullback-Leibler divergence of the new model from the old one, the mean of all tokens; not known where the vocabularies differ</source>
        <translation>新模型相对旧模型的 KL 散度，对所有词元取平均；词表不同时无法得知</translation>
    </message>
    <message>
        <source>Measured on {n} tokens: “{quote}”.</source>
        <translation>在 {n} 个词元上测得：“{quote}”。</translation>
    </message>
    <message>
        <source>The text was too short to be cut in two, so it also decided what went: others will fare worse.</source>
        <translation>文本太短，无法一分为二，所以也用它决定了去掉什么：换成别的文本会更差一些。</translation>
    </message>
    <message>
        <source>{n} tokens/s ({precision})</source>
        <translation>{n} 词元/秒（{precision}）</translation>
    </message>
</context>
<context>
    <name>Optimising</name>
    <message>
        <source>There is no text yet to judge by: write some, or choose another text.</source>
        <translation>还没有可用来评判的文本：请先写一些，或另选一段文本。</translation>
    </message>
    <message>
        <source>The smaller model is made; it is not kept yet.</source>
        <translation>较小的模型已做好，尚未保留。</translation>
    </message>
    <message>
        <source>Look at it</source>
        <translation>查看</translation>
    </message>
    <message>
        <source>Stopped; nothing has changed.</source>
        <translation>已停止，什么都没有改变。</translation>
    </message>
    <message>
        <source>Discarded; the old model is untouched.</source>
        <translation>已丢弃，原来的模型没有动过。</translation>
    </message>
    <message>
        <source>“{name}” is on the shelf.</source>
        <translation>“{name}”已放上模型架。</translation>
    </message>
</context>
<context>
    <name>Palette</name>
    <message>
        <source>Find actions, sessions, and words in all texts</source>
        <translation>查找操作、会话和所有文字中的词句</translation>
    </message>
    <message>
        <source>Up and Down choose, Enter opens, Esc closes</source>
        <translation>上下键选择，回车打开，Esc 关闭</translation>
    </message>
    <message>
        <source>What was found</source>
        <translation>查找结果</translation>
    </message>
    <message>
        <source>Actions</source>
        <translation>操作</translation>
    </message>
    <message>
        <source>Sessions</source>
        <translation>会话</translation>
    </message>
    <message>
        <source>Empty session</source>
        <translation>空会话</translation>
    </message>
    <message>
        <source>Recent sessions</source>
        <translation>最近的会话</translation>
    </message>
    <message>
        <source>In texts</source>
        <translation>在文字中</translation>
    </message>
    <message>
        <source>In generations no longer in a text</source>
        <translation>在已不在文中的续写里</translation>
    </message>
    <message>
        <source>The library is not open: only actions are found.</source>
        <translation>文库没有打开：只能查找操作。</translation>
    </message>
    <message>
        <source>Nothing was found.</source>
        <translation>没有找到。</translation>
    </message>
    <message>
        <source>Only actions. Without “&gt;”, sessions and texts are searched too.</source>
        <translation>只查找操作。去掉“&gt;”，也会查找会话和文字。</translation>
    </message>
    <message>
        <source>What is in quotes is searched for as a phrase, word after word.</source>
        <translation>引号里的内容按短语查找，词词相连。</translation>
    </message>
    <message>
        <source>“&gt;” finds only actions, &quot;quotes&quot; find a phrase. Enter opens, Esc closes.</source>
        <translation>“&gt;”只查找操作，&quot;引号&quot;查找短语。回车打开，Esc 关闭。</translation>
    </message>
    <message>
        <source>“{action}” is not possible now.</source>
        <translation>现在不能“{action}”。</translation>
    </message>
</context>
<context>
    <name>ParameterRow</name>
    <message>
        <source>Reset {name}</source>
        <translation>重置{name}</translation>
    </message>
    <message>
        <source>Back to {value}</source>
        <translation>恢复为 {value}</translation>
    </message>
</context>
<context>
    <name>PathTaking</name>
    <message>
        <source>This token is half a character; take one after it.</source>
        <translation>这个词元只是半个字符；请取它后面的一个。</translation>
    </message>
</context>
<context>
    <name>Performance</name>
    <message>
        <source>The model is writing; measure when it has finished.</source>
        <translation>模型正在写作；请等它写完再测量。</translation>
    </message>
    <message>
        <source>Stopped: nothing was measured.</source>
        <translation>已停止：没有测量任何内容。</translation>
    </message>
</context>
<context>
    <name>PerformanceDialog</name>
    <message>
        <source>Performance</source>
        <translation>性能</translation>
    </message>
    <message>
        <source>How fast the model is on this computer, and what it takes</source>
        <translation>模型在这台电脑上有多快，占用多少资源</translation>
    </message>
    <message>
        <source>Rest the mouse on a line, or go to it with the arrow keys, to read what it means</source>
        <translation>把鼠标停在某一行上，或用方向键移到该行，即可看到它的含义</translation>
    </message>
    <message>
        <source>Measuring</source>
        <translation>测量</translation>
    </message>
    <message>
        <source>&amp;Measure now</source>
        <translation>立即测量(&amp;M)</translation>
    </message>
    <message>
        <source>Let the model write, read and sample for some seconds; the text is not touched</source>
        <translation>让模型写、读、抽样几秒钟；不会改动文本</translation>
    </message>
    <message>
        <source>&amp;Stop</source>
        <translation>停止(&amp;S)</translation>
    </message>
    <message>
        <source>Stop measuring (Esc)</source>
        <translation>停止测量（Esc）</translation>
    </message>
    <message>
        <source>&amp;Copy as text</source>
        <translation>复制为文本(&amp;C)</translation>
    </message>
    <message>
        <source>Put all lines on the clipboard</source>
        <translation>把所有行放到剪贴板</translation>
    </message>
    <message>
        <source>C&amp;lose</source>
        <translation>关闭(&amp;L)</translation>
    </message>
    <message>
        <source>Close this page (Esc)</source>
        <translation>关闭此页 (Esc)</translation>
    </message>
    <message>
        <source>Copied.</source>
        <translation>已复制。</translation>
    </message>
</context>
<context>
    <name>PerformanceWords</name>
    <message>
        <source>The model</source>
        <translation>模型</translation>
    </message>
    <message>
        <source>Model</source>
        <translation>模型名称</translation>
    </message>
    <message>
        <source>no model yet</source>
        <translation>还没有模型</translation>
    </message>
    <message>
        <source>compiled kernels</source>
        <translation>编译内核</translation>
    </message>
    <message>
        <source>{name}, {millions} million parameters</source>
        <translation>{name}，{millions} 百万参数</translation>
    </message>
    <message>
        <source>Every word the model writes makes it go through all its parameters once.</source>
        <translation>模型每写一个词，都要把所有参数过一遍。</translation>
    </message>
    <message>
        <source>Precision</source>
        <translation>精度</translation>
    </message>
    <message>
        <source>How exactly the parameters are held: fewer bits are faster and less exact.</source>
        <translation>参数保存得有多精确：位数越少越快，也越粗略。</translation>
    </message>
    <message>
        <source>Computed with</source>
        <translation>计算方式</translation>
    </message>
    <message>
        <source>Which program part computes, and the processor&apos;s widest instructions it uses: with AVX2 eight numbers at once, with AVX-512 sixteen.</source>
        <translation>由程序的哪一部分计算，以及所用的处理器最宽指令：AVX2 一次处理八个数，AVX-512 一次十六个。</translation>
    </message>
    <message>
        <source>Threads</source>
        <translation>线程</translation>
    </message>
    <message>
        <source>So many processor cores compute; the window keeps its share of the others.</source>
        <translation>有这么多处理器核心参与计算；其余的留给窗口使用。</translation>
    </message>
    <message>
        <source>Loaded in</source>
        <translation>加载用时</translation>
    </message>
    <message>
        <source>From opening the model&apos;s folder to a model that can write.</source>
        <translation>从打开模型文件夹到模型可以写作。</translation>
    </message>
    <message>
        <source>When it wrote for you</source>
        <translation>为您写作时</translation>
    </message>
    <message>
        <source>Tokens are the pieces the model writes, about four characters each. The speed holds from the first token on.</source>
        <translation>词元是模型书写的片段，英文中每个约四个字符。速度从第一个词元算起。</translation>
    </message>
    <message>
        <source>Last generation</source>
        <translation>最近一次生成</translation>
    </message>
    <message>
        <source>none yet</source>
        <translation>还没有</translation>
    </message>
    <message>
        <source>The last {n}, in the middle</source>
        <translation>最近 {n} 次的中位数</translation>
    </message>
    <message>
        <source>Half of these generations were faster, half slower.</source>
        <translation>这些生成有一半更快，一半更慢。</translation>
    </message>
    <message>
        <source>First token after</source>
        <translation>第一个词元等待</translation>
    </message>
    <message>
        <source>How long the model read what it did not know yet, before it began to write.</source>
        <translation>模型在动笔之前，阅读它还不知道的内容用了多久。</translation>
    </message>
    <message>
        <source>Memory</source>
        <translation>内存</translation>
    </message>
    <message>
        <source>The model process</source>
        <translation>模型进程</translation>
    </message>
    <message>
        <source>Parameters</source>
        <translation>参数</translation>
    </message>
    <message>
        <source>The model itself.</source>
        <translation>模型本身。</translation>
    </message>
    <message>
        <source>Context</source>
        <translation>上下文</translation>
    </message>
    <message>
        <source>What the model notes of each token it has read (keys and values), for a full window.</source>
        <translation>模型为读过的每个词元所做的记录（键和值），按窗口写满计算。</translation>
    </message>
    <message>
        <source>Texts kept</source>
        <translation>保留的文本</translation>
    </message>
    <message>
        <source>Notes on texts you left, so that going back to one need not be read again.</source>
        <translation>您离开过的文本的记录，返回时无需重新阅读。</translation>
    </message>
    <message>
        <source>Probabilities kept</source>
        <translation>保留的概率</translation>
    </message>
    <message>
        <source>{size}, {n} places</source>
        <translation>{size}，{n} 处</translation>
    </message>
    <message>
        <source>What could have stood at each place, for the token list, the X-ray and the sliders.</source>
        <translation>每一处本可以出现的词，供词元列表、X 光和滑块使用。</translation>
    </message>
    <message>
        <source>All of it, with the libraries it computes with. The window itself is not counted.</source>
        <translation>全部，包括计算所用的库。窗口本身不计在内。</translation>
    </message>
    <message>
        <source>Measured</source>
        <translation>测量结果</translation>
    </message>
    <message>
        <source>On this computer</source>
        <translation>在这台电脑上</translation>
    </message>
    <message>
        <source>not measured yet</source>
        <translation>尚未测量</translation>
    </message>
    <message>
        <source>Press Measure now.</source>
        <translation>请按“立即测量”。</translation>
    </message>
    <message>
        <source>Memory is read at</source>
        <translation>内存读取速度</translation>
    </message>
    <message>
        <source>{n} GB/s</source>
        <translation>{n} GB/s</translation>
    </message>
    <message>
        <source>The limit for writing: each token reads all parameters from memory, so half the bytes are twice the speed.</source>
        <translation>写作速度的上限：每个词元都要从内存读取所有参数，所以字节减半，速度加倍。</translation>
    </message>
    <message>
        <source>Writing after {n} tokens</source>
        <translation>{n} 个词元之后的写作</translation>
    </message>
    <message>
        <source>{rate} ({share}% of the limit)</source>
        <translation>{rate}（上限的 {share}%）</translation>
    </message>
    <message>
        <source>One text, token after token. The limit is what the memory can deliver; a small model stays in the processor&apos;s own cache and may exceed it.</source>
        <translation>一篇文本，逐个词元。上限是内存所能提供的速度；小模型留在处理器自己的缓存里，可能超过上限。</translation>
    </message>
    <message>
        <source>Reading {n} tokens</source>
        <translation>阅读 {n} 个词元</translation>
    </message>
    <message>
        <source>A text the model has not seen yet is read many tokens at a time.</source>
        <translation>模型还没见过的文本，一次读许多词元。</translation>
    </message>
    <message>
        <source>Writing 1 text</source>
        <translation>写 1 篇文本</translation>
    </message>
    <message>
        <source>Writing {n} texts at once</source>
        <translation>同时写 {n} 篇文本</translation>
    </message>
    <message>
        <source>All tokens together, as with Continue with several.</source>
        <translation>所有词元合计，如“续写多份”时那样。</translation>
    </message>
    <message>
        <source>First token of a new text</source>
        <translation>新文本的第一个词元</translation>
    </message>
    <message>
        <source>After a prompt of {n} tokens.</source>
        <translation>在 {n} 个词元的开头之后。</translation>
    </message>
    <message>
        <source>Sampling, each token</source>
        <translation>每个词元的抽样</translation>
    </message>
    <message>
        <source>The sampling settings, the draw, and all that the views show of a token; a part of the time each token takes.</source>
        <translation>抽样设置、抽取，以及各视图对一个词元所显示的一切；是每个词元用时的一部分。</translation>
    </message>
    <message>
        <source>{n} tokens/s</source>
        <translation>{n} 词元/秒</translation>
    </message>
</context>
<context>
    <name>PlotExport</name>
    <message>
        <source>Save as &amp;SVG…</source>
        <translation>另存为 &amp;SVG…</translation>
    </message>
    <message>
        <source>A drawing that stays sharp at any size</source>
        <translation>放大到任何尺寸都清晰的矢量图</translation>
    </message>
    <message>
        <source>Save as &amp;PNG…</source>
        <translation>另存为 &amp;PNG…</translation>
    </message>
    <message>
        <source>A picture, twice as fine as the screen</source>
        <translation>清晰度为屏幕两倍的图片</translation>
    </message>
    <message>
        <source>Save as &amp;CSV…</source>
        <translation>另存为 &amp;CSV…</translation>
    </message>
    <message>
        <source>The numbers, for a spreadsheet</source>
        <translation>数据表，可用电子表格打开</translation>
    </message>
    <message>
        <source>Copy p&amp;icture</source>
        <translation>复制图片(&amp;I)</translation>
    </message>
    <message>
        <source>Put the picture into the clipboard</source>
        <translation>把图片放进剪贴板</translation>
    </message>
    <message>
        <source>Copy &amp;table</source>
        <translation>复制数据(&amp;T)</translation>
    </message>
    <message>
        <source>Put the numbers into the clipboard</source>
        <translation>把数据放进剪贴板</translation>
    </message>
    <message>
        <source>Save or copy this</source>
        <translation>保存或复制</translation>
    </message>
    <message>
        <source>Save the picture or its numbers, or copy them</source>
        <translation>保存或复制这张图或它的数据</translation>
    </message>
    <message>
        <source>The picture is in the clipboard.</source>
        <translation>图片已在剪贴板中。</translation>
    </message>
    <message>
        <source>The numbers are in the clipboard.</source>
        <translation>数据已在剪贴板中。</translation>
    </message>
    <message>
        <source>Save</source>
        <translation>保存</translation>
    </message>
    <message>
        <source>Saved to {path}.</source>
        <translation>已保存到 {path}。</translation>
    </message>
</context>
<context>
    <name>PlotView</name>
    <message>
        <source>Curve of surprisal, entropy and rank</source>
        <translation>惊异度、熵和排名的曲线</translation>
    </message>
    <message>
        <source>token {n}</source>
        <translation>词元 {n}</translation>
    </message>
    <message>
        <source>What you write is drawn here as soon as the model has read it.</source>
        <translation>模型读过您写的文字后，这里会画出曲线。</translation>
    </message>
</context>
<context>
    <name>Precision</name>
    <message>
        <source>Measured on “{text}”.</source>
        <translation>测量所用文本：“{text}”。</translation>
    </message>
    <message>
        <source>The model is writing. Measure when it has finished.</source>
        <translation>模型正在写作，请等它写完再测量。</translation>
    </message>
    <message>
        <source>Stopped: what was measured stays.</source>
        <translation>已停止：测得的结果会保留。</translation>
    </message>
</context>
<context>
    <name>PrecisionBox</name>
    <message>
        <source>Precision of B</source>
        <translation>B 的精度</translation>
    </message>
    <message>
        <source>Precision of B: the same model in fewer bits shows what they cost this text</source>
        <translation>B 的精度：让同一模型用更少的位数计算，可看出这对本文有多大代价</translation>
    </message>
    <message>
        <source>as A</source>
        <translation>同 A</translation>
    </message>
    <message>
        <source>A was computed in {a}, B in {b}.</source>
        <translation>A 以 {a} 计算，B 以 {b} 计算。</translation>
    </message>
</context>
<context>
    <name>PrecisionDialog</name>
    <message>
        <source>Precision</source>
        <translation>精度</translation>
    </message>
    <message>
        <source>How many bits the model spends on each of its numbers. Fewer take less memory and write faster; how far the model then is from itself is measured here.</source>
        <translation>模型的每个数用多少位来存放。位数越少，占内存越小，写得越快；这样的模型与原来的自己相差多少，在这里测量。</translation>
    </message>
    <message>
        <source>the &amp;app&apos;s text</source>
        <translation>应用自带文本(&amp;A)</translation>
    </message>
    <message>
        <source>A short text that ships with the app, English and Chinese. “Automatic” goes by it.</source>
        <translation>应用自带的一小段中英文文本。“自动”以它为准。</translation>
    </message>
    <message>
        <source>my &amp;text</source>
        <translation>我的文本(&amp;T)</translation>
    </message>
    <message>
        <source>The selected words, or the beginning of the open text: its first {n} tokens</source>
        <translation>选中的文字，或当前文本的开头：前 {n} 个词元</translation>
    </message>
    <message>
        <source>Measuring</source>
        <translation>测量</translation>
    </message>
    <message>
        <source>How far the measuring is</source>
        <translation>测量的进度</translation>
    </message>
    <message>
        <source>&amp;Stop</source>
        <translation>停止(&amp;S)</translation>
    </message>
    <message>
        <source>Stop measuring (Esc)</source>
        <translation>停止测量（Esc）</translation>
    </message>
    <message>
        <source>&amp;Measure</source>
        <translation>测量(&amp;M)</translation>
    </message>
    <message>
        <source>Let the model read the text in every precision, one after the other</source>
        <translation>让模型依次以每种精度阅读这段文本</translation>
    </message>
    <message>
        <source>&amp;Use this</source>
        <translation>使用此精度(&amp;U)</translation>
    </message>
    <message>
        <source>Load the model in the chosen row&apos;s precision (Enter)</source>
        <translation>以所选行的精度载入模型（Enter）</translation>
    </message>
    <message>
        <source>Measured on</source>
        <translation>测量所用文本</translation>
    </message>
    <message>
        <source>Precisions</source>
        <translation>各种精度</translation>
    </message>
    <message>
        <source>Arrows choose a row, Enter loads the model in its precision</source>
        <translation>用方向键选择一行，按 Enter 以该精度载入模型</translation>
    </message>
    <message>
        <source>How many bits each of the model&apos;s numbers has</source>
        <translation>模型的每个数有多少位</translation>
    </message>
    <message>
        <source>Memory</source>
        <translation>内存</translation>
    </message>
    <message>
        <source>What the loaded model takes: its weights and what it has read</source>
        <translation>载入后的模型所占内存：权重以及它读过的内容</translation>
    </message>
    <message>
        <source>Tokens/s</source>
        <translation>词元/秒</translation>
    </message>
    <message>
        <source>How fast it writes on this machine, measured after the text, token by token</source>
        <translation>在这台电脑上的写作速度，在文本之后逐个词元测得</translation>
    </message>
    <message>
        <source>KL (nats)</source>
        <translation>KL（奈特）</translation>
    </message>
    <message>
        <source>Kullback-Leibler divergence from float32, the mean of all tokens: how much of what the model knows about the next word is lost. 0 is nothing; below 0.001 hardly a word comes out otherwise. A nat is 1.44 bits.</source>
        <translation>与 float32 的 KL 散度，取所有词元的平均：模型对下一个词的把握丢失了多少。0 表示没有丢失；低于 0.001 时几乎没有哪个词会不同。1 奈特等于 1.44 比特。</translation>
    </message>
    <message>
        <source>Same favourite</source>
        <translation>首选相同</translation>
    </message>
    <message>
        <source>How often the likeliest token is the same as in float32</source>
        <translation>最可能的词元与 float32 相同的比例</translation>
    </message>
    <message>
        <source>State</source>
        <translation>状态</translation>
    </message>
    <message>
        <source>What the model computes in now, and what has been measured</source>
        <translation>模型现在用什么精度计算，哪些已经测过</translation>
    </message>
    <message>
        <source>chosen</source>
        <translation>已选</translation>
    </message>
    <message>
        <source>in use</source>
        <translation>使用中</translation>
    </message>
    <message>
        <source>measured</source>
        <translation>已测量</translation>
    </message>
    <message>
        <source>not measured</source>
        <translation>未测量</translation>
    </message>
    <message>
        <source>{name} is computed in {precision} only: the other precisions are for GPT-2 models on the processor (CPU).</source>
        <translation>{name} 只能以 {precision} 计算：其他精度仅用于在处理器（CPU）上运行的 GPT-2 模型。</translation>
    </message>
</context>
<context>
    <name>PrecisionWords</name>
    <message>
        <source>Automatic: {precision}</source>
        <translation>自动：{precision}</translation>
    </message>
    <message>
        <source>The fastest precision whose mean KL is below 0.001 on the app&apos;s own text. Until all have been measured: float16.</source>
        <translation>在应用自带文本上平均 KL 低于 0.001 的精度中最快的一种。全部测完之前使用 float16。</translation>
    </message>
    <message>
        <source>32 bits for each number, as exact as it gets; the others are compared with it</source>
        <translation>每个数 32 位，最为精确；其他精度都与它比较</translation>
    </message>
    <message>
        <source>16 bits for each number, of which about two and a half digits count</source>
        <translation>每个数 16 位，有效数字约两位半</translation>
    </message>
    <message>
        <source>16 bits for each number, of which three and a half digits count</source>
        <translation>每个数 16 位，有效数字约三位半</translation>
    </message>
    <message>
        <source>8 bits for each number, with a common scale for small groups of them</source>
        <translation>每个数 8 位，每一小组共用一个比例</translation>
    </message>
    <message>
        <source>4 bits for each number: small and fast, and another writer in places</source>
        <translation>每个数 4 位：又小又快，但有些地方会写得不一样</translation>
    </message>
    <message>
        <source>The compiled kernels are switched off (GPT2_STUDIO_KERNELS), so PyTorch computes, more slowly and in float32 only.</source>
        <translation>已编译的计算内核被关闭（GPT2_STUDIO_KERNELS），因此由 PyTorch 计算：速度较慢，且只能用 float32。</translation>
    </message>
    <message>
        <source>The compiled kernels are not there, so PyTorch computes, more slowly and in float32 only; setting the app up again where there is a C compiler builds them.</source>
        <translation>没有已编译的计算内核，因此由 PyTorch 计算：速度较慢，且只能用 float32；在装有 C 编译器的电脑上重新安装本应用即可生成它们。</translation>
    </message>
    <message>
        <source>The compiled kernels cannot be used ({problem}), so PyTorch computes, more slowly and in float32 only.</source>
        <translation>已编译的计算内核无法使用（{problem}），因此由 PyTorch 计算：速度较慢，且只能用 float32。</translation>
    </message>
    <message>
        <source>Numbers of the float32 weights: as exact as the model gets.</source>
        <translation>数值来自 float32 权重：模型所能达到的最高精度。</translation>
    </message>
    <message>
        <source>Numbers of the {precision} weights; how far they are from float32&apos;s has not been measured yet (Model → Precision…).</source>
        <translation>数值来自 {precision} 权重；与 float32 相差多少尚未测量（模型 → 精度…）。</translation>
    </message>
    <message>
        <source>Numbers of the {precision} weights: log-probabilities within ±{difference} nats of float32&apos;s on average (mean KL {kl} nats).</source>
        <translation>数值来自 {precision} 权重：对数概率与 float32 平均相差 ±{difference} 奈特（平均 KL {kl} 奈特）。</translation>
    </message>
</context>
<context>
    <name>Preferences</name>
    <message>
        <source>The language changes when the app starts again.</source>
        <translation>语言将在下次启动时更改。</translation>
    </message>
</context>
<context>
    <name>ProbabilityView</name>
    <message>
        <source>Token probabilities</source>
        <translation>词元概率</translation>
    </message>
    <message>
        <source>removed: {stage}</source>
        <translation>被{stage}移除</translation>
    </message>
    <message>
        <source>Rank: 1 is the model&apos;s favourite. Bar: outlined, what the model itself gives the token; filled, what it has after the sampling settings. Log-probability in nats: 0 is certain, each 0.69 less halves it.</source>
        <translation>排名：1 是模型最看好的。条形：空心是模型自己给出的概率，实心是经过采样设置之后的概率。对数概率以奈特为单位：0 表示必然，每少 0.69 概率减半。</translation>
    </message>
    <message>
        <source>What else could stand here. Enter or a click puts it there; Alt+Up goes back to the text.</source>
        <translation>这里还可能是什么。按回车或单击即可换上；Alt+↑ 回到正文。</translation>
    </message>
    <message>
        <source>Look up a word here</source>
        <translation>在这里查一个词</translation>
    </message>
    <message>
        <source>How likely is … here?</source>
        <translation>……出现在这里的可能性？</translation>
    </message>
    <message>
        <source>Type any word: how likely it is at this place, as one token or as several, and which tokens of the whole vocabulary have it in them. Down goes to the list, Esc clears.</source>
        <translation>输入任意词语：看它作为一个或多个词元出现在这里的可能性，以及整个词表中哪些词元包含它。按 ↓ 进入列表，Esc 清空。</translation>
    </message>
    <message>
        <source>Next</source>
        <translation>下一个</translation>
    </message>
    <message>
        <source>Show what could come next</source>
        <translation>显示接下来可能是什么</translation>
    </message>
    <message>
        <source>Show what could come after this token instead of what could stand in its place</source>
        <translation>显示这个词元之后可能出现什么，而不是它的位置上还可能是什么</translation>
    </message>
    <message>
        <source>What becomes of the text after a swapped token</source>
        <translation>换掉词元后，其后的文字如何处理</translation>
    </message>
    <message>
        <source>1  Keep the rest</source>
        <translation>1  保留后文</translation>
    </message>
    <message>
        <source>2  Write on from there</source>
        <translation>2  从此处续写</translation>
    </message>
    <message>
        <source>3  Bridge the gap</source>
        <translation>3  搭桥衔接</translation>
    </message>
    <message>
        <source>What Enter does with the text after the swapped token. Keep the rest: nothing else changes (key 1). Write on from there: the rest of the passage goes and the model writes on (2, or Ctrl+Enter). Bridge the gap: find a few words that join it to the rest (3, or Shift+Enter). Undo brings everything back.</source>
        <translation>按回车换词后，其后的文字如何处理。保留后文：其他都不变（按键 1）。从此处续写：去掉这一段余下的文字，由模型接着写（2，或 Ctrl+回车）。搭桥衔接：找几个词把它与后文接起来（3，或 Shift+回车）。撤销可恢复一切。</translation>
    </message>
    <message>
        <source>Put the caret into the text to see what else could stand there.</source>
        <translation>把光标放进正文，看看那里还可能是什么。</translation>
    </message>
    <message>
        <source>As it was when it was drawn.</source>
        <translation>这是当初抽取时的情形。</translation>
    </message>
    <message>
        <source>{n} tokens have “{text}” in them; the {listed} likeliest are listed.</source>
        <translation>有 {n} 个词元包含“{text}”；列出了其中可能性最大的 {listed} 个。</translation>
    </message>
    <message>
        <source>{n} tokens have “{text}” in them.</source>
        <translation>有 {n} 个词元包含“{text}”。</translation>
    </message>
    <message>
        <source>No token of the vocabulary has “{text}” in it.</source>
        <translation>词表中没有词元包含“{text}”。</translation>
    </message>
    <message>
        <source>One token has “{text}” in it.</source>
        <translation>有一个词元包含“{text}”。</translation>
    </message>
    <message>
        <source>Choose how “{token}” is joined to the text. Esc leaves the text as it is.</source>
        <translation>选择如何把“{token}”接到后文。按 Esc 则不改动正文。</translation>
    </message>
    <message>
        <source>No words join “{token}” better than none. Enter swaps it, Esc leaves the text.</source>
        <translation>没有词语能让“{token}”衔接得更好。按回车直接换上，按 Esc 不改动正文。</translation>
    </message>
    <message>
        <source>text</source>
        <translation>文本</translation>
    </message>
    <message>
        <source>per token</source>
        <translation>每词元</translation>
    </message>
    <message>
        <source>model</source>
        <translation>模型</translation>
    </message>
    <message>
        <source>probability</source>
        <translation>概率</translation>
    </message>
    <message>
        <source>after</source>
        <translation>采样后</translation>
    </message>
    <message>
        <source>nats</source>
        <translation>奈特</translation>
    </message>
    <message>
        <source>gain</source>
        <translation>倍数</translation>
    </message>
    <message>
        <source>Instead of “{word}”: outlined the model&apos;s own, filled after sampling</source>
        <translation>代替“{word}”：空心为模型自身，实心为采样后</translation>
    </message>
    <message>
        <source>log-probability (nats)</source>
        <translation>对数概率（奈特）</translation>
    </message>
    <message>
        <source>probability after sampling</source>
        <translation>采样后的概率</translation>
    </message>
    <message>
        <source>removed by</source>
        <translation>被谁移除</translation>
    </message>
    <message>
        <source>rank</source>
        <translation>排名</translation>
    </message>
    <message>
        <source>token</source>
        <translation>词元</translation>
    </message>
    <message>
        <source>Alternatives</source>
        <translation>备选词元</translation>
    </message>
</context>
<context>
    <name>Provenance</name>
    <message>
        <source>The model did not write here: put the caret into words that it wrote.</source>
        <translation>这里不是模型写的：请把光标放到它写的文字里。</translation>
    </message>
    <message>
        <source>The model is writing. Try again when it has finished.</source>
        <translation>模型正在写。等它写完再试。</translation>
    </message>
    <message>
        <source>You chose these words: there is no draw to repeat.</source>
        <translation>这些词是您亲手选的：没有可以重复的抽取。</translation>
    </message>
    <message>
        <source>A beam search that was stopped cannot be repeated: it gave what it had just then.</source>
        <translation>中途停止的束搜索无法重现：它给出的是当时刚好得到的内容。</translation>
    </message>
    <message>
        <source>Nothing is in the library to compare a second run with.</source>
        <translation>文库里没有可供第二次运行比较的内容。</translation>
    </message>
    <message>
        <source>The second run failed. Nothing can be said about it.</source>
        <translation>第二次运行失败了，无从比较。</translation>
    </message>
</context>
<context>
    <name>ProvenanceView</name>
    <message>
        <source>Where these words come from</source>
        <translation>这些文字从何而来</translation>
    </message>
    <message>
        <source>How the passage under the caret, or each of the selection, came about</source>
        <translation>光标处的这一段，或所选的每一段，是怎么来的</translation>
    </message>
    <message>
        <source>Copy</source>
        <translation>复制</translation>
    </message>
    <message>
        <source>Copy all that is shown here as plain text</source>
        <translation>把这里显示的全部内容复制为纯文本</translation>
    </message>
    <message>
        <source>Stop reproducing</source>
        <translation>停止重现</translation>
    </message>
    <message>
        <source>Reproduce this</source>
        <translation>重现这一段</translation>
    </message>
    <message>
        <source>Reproduce anyway</source>
        <translation>仍要重现</translation>
    </message>
    <message>
        <source>End the second run; the text is not touched</source>
        <translation>结束第二次运行；不改动正文</translation>
    </message>
    <message>
        <source>Run the same prompt, settings and seed again, and compare; the text is not touched</source>
        <translation>用同样的提示、设置和种子再跑一遍并比较；不改动正文</translation>
    </message>
    <message>
        <source>Put the caret into the text, or select some of it. Here it says who wrote each passage: you, or a model, and then which one, with which settings and seed, when, how fast and on what. “Reproduce this” lets it be written again and compares.</source>
        <translation>把光标放进正文，或选中一段。这里会说明每一段是谁写的：你，还是模型；若是模型，则说明是哪一个、用什么设置和种子、何时、多快、在什么环境上。“重现这一段”会让它再写一遍并比较。</translation>
    </message>
</context>
<context>
    <name>ProvenanceWords</name>
    <message>
        <source>“{text}”</source>
        <translation>“{text}”</translation>
    </message>
    <message>
        <source>Written by you</source>
        <translation>由你写成</translation>
    </message>
    <message>
        <source>Written by the model</source>
        <translation>由模型写成</translation>
    </message>
    <message>
        <source>Edited by you, inside a passage of the model</source>
        <translation>在模型的段落里，由你改写</translation>
    </message>
    <message>
        <source>The end-of-text token</source>
        <translation>文本结束词元</translation>
    </message>
    <message>
        <source>Imported, or written before the history begins</source>
        <translation>导入的，或在历史记录开始之前写的</translation>
    </message>
    <message>
        <source>An alternative of the model&apos;s, chosen by you</source>
        <translation>模型的备选，由您选定</translation>
    </message>
    <message>
        <source>Where</source>
        <translation>位置</translation>
    </message>
    <message>
        <source>When</source>
        <translation>时间</translation>
    </message>
    <message>
        <source>How it came about is not in the library.</source>
        <translation>文库里没有它的来历。</translation>
    </message>
    <message>
        <source>character {start}</source>
        <translation>第 {start} 个字符</translation>
    </message>
    <message>
        <source>characters {start} to {end}</source>
        <translation>第 {start} 到 {end} 个字符</translation>
    </message>
    <message>
        <source>… and {n} more passages</source>
        <translation>……还有 {n} 段</translation>
    </message>
    <message>
        <source>Model</source>
        <translation>模型</translation>
    </message>
    <message>
        <source>Sampling</source>
        <translation>采样</translation>
    </message>
    <message>
        <source>Seed</source>
        <translation>种子</translation>
    </message>
    <message>
        <source>Length</source>
        <translation>长度</translation>
    </message>
    <message>
        <source>Ended</source>
        <translation>结束</translation>
    </message>
    <message>
        <source>Stop strings</source>
        <translation>停止串</translation>
    </message>
    <message>
        <source>Prompt</source>
        <translation>提示</translation>
    </message>
    <message>
        <source>Speed</source>
        <translation>速度</translation>
    </message>
    <message>
        <source>Ran on</source>
        <translation>运行环境</translation>
    </message>
    <message>
        <source>Model folder</source>
        <translation>模型文件夹</translation>
    </message>
    <message>
        <source>Beam search</source>
        <translation>束搜索</translation>
    </message>
    <message>
        <source>text {rank}, 1 being the best</source>
        <translation>第 {rank} 个文本，1 为最好</translation>
    </message>
    <message>
        <source>Retry of</source>
        <translation>重试自</translation>
    </message>
    <message>
        <source>generation {id}</source>
        <translation>第 {id} 次生成</translation>
    </message>
    <message>
        <source>Generation</source>
        <translation>生成编号</translation>
    </message>
    <message>
        <source>Weights (SHA-256)</source>
        <translation>权重 (SHA-256)</translation>
    </message>
    <message>
        <source>, then </source>
        <translation>，然后 </translation>
    </message>
    <message>
        <source>none: drawn from the model&apos;s own probabilities</source>
        <translation>无：直接按模型自己的概率抽取</translation>
    </message>
    <message>
        <source>{n} of at most {most} tokens, {characters} characters</source>
        <translation>{n} 个词元（最多 {most} 个），{characters} 个字符</translation>
    </message>
    <message>
        <source>not: it is under way, or the app was interrupted</source>
        <translation>尚未：正在进行，或程序曾被中断</translation>
    </message>
    <message>
        <source>at its length, or at the end of the model&apos;s window</source>
        <translation>到了规定长度，或到了模型窗口的尽头</translation>
    </message>
    <message>
        <source>at a stop string</source>
        <translation>遇到停止串</translation>
    </message>
    <message>
        <source>the model chose its end-of-text token</source>
        <translation>模型选了文本结束词元</translation>
    </message>
    <message>
        <source>its pattern or JSON was complete</source>
        <translation>格式或 JSON 已完整</translation>
    </message>
    <message>
        <source>stopped by you</source>
        <translation>由你停止</translation>
    </message>
    <message>
        <source>it failed</source>
        <translation>失败了</translation>
    </message>
    <message>
        <source>nothing was drawn: you chose it from the model&apos;s alternatives</source>
        <translation>并非抽取：由您从模型的备选中选定</translation>
    </message>
    <message>
        <source>the end-of-text token</source>
        <translation>文本结束词元</translation>
    </message>
    <message>
        <source>none</source>
        <translation>无</translation>
    </message>
    <message>
        <source>{n} characters, to character {position} of the text</source>
        <translation>{n} 个字符，到正文第 {position} 个字符为止</translation>
    </message>
    <message>
        <source>{n} end-of-text tokens among them</source>
        <translation>其中有 {n} 个文本结束词元</translation>
    </message>
    <message>
        <source>not recorded</source>
        <translation>没有记录</translation>
    </message>
    <message>
        <source>{rate} tokens/s; reading the prompt took {prefill} s</source>
        <translation>{rate} 词元/秒；读提示用了 {prefill} 秒</translation>
    </message>
    <message>
        <source>1 thread</source>
        <translation>1 个线程</translation>
    </message>
    <message>
        <source>{n} threads</source>
        <translation>{n} 个线程</translation>
    </message>
    <message>
        <source>without {parts} (switched off)</source>
        <translation>不含 {parts}（已关闭）</translation>
    </message>
    <message>
        <source>the rest was not recorded</source>
        <translation>其余没有记录</translation>
    </message>
    <message>
        <source>Reproducing: {n} of {all} tokens are the same so far…</source>
        <translation>正在重现：{all} 个词元中已有 {n} 个相同……</translation>
    </message>
    <message>
        <source>Reproduced: the same text came out, {n} of {n} tokens.</source>
        <translation>已重现：写出的文本相同，{n} 个词元中有 {n} 个一致。</translation>
    </message>
    <message>
        <source>Reproduced: the same text, as far as it was written ({n} tokens).</source>
        <translation>已重现：就当时写出的部分而言完全相同（{n} 个词元）。</translation>
    </message>
    <message>
        <source>Stopped. Until then {n} tokens were the same.</source>
        <translation>已停止。到那时为止有 {n} 个词元相同。</translation>
    </message>
    <message>
        <source>Not the same: after {n} equal tokens they part.</source>
        <translation>不相同：在 {n} 个相同的词元之后分开。</translation>
    </message>
    <message>
        <source>Then</source>
        <translation>当时</translation>
    </message>
    <message>
        <source>Now</source>
        <translation>现在</translation>
    </message>
    <message>
        <source>it ended here</source>
        <translation>到此结束</translation>
    </message>
    <message>
        <source>What differs</source>
        <translation>有何不同</translation>
    </message>
    <message>
        <source>What differs all the same</source>
        <translation>仍有何不同</translation>
    </message>
    <message>
        <source>model</source>
        <translation>模型</translation>
    </message>
    <message>
        <source>weights</source>
        <translation>权重</translation>
    </message>
    <message>
        <source>device</source>
        <translation>设备</translation>
    </message>
    <message>
        <source>way of computing</source>
        <translation>计算方式</translation>
    </message>
    <message>
        <source>number format</source>
        <translation>数值格式</translation>
    </message>
    <message>
        <source>threads</source>
        <translation>线程数</translation>
    </message>
    <message>
        <source>system</source>
        <translation>系统</translation>
    </message>
    <message>
        <source>processor</source>
        <translation>处理器</translation>
    </message>
    <message>
        <source>parts of the model switched off</source>
        <translation>模型中关闭的部分</translation>
    </message>
    <message>
        <source>{what}: then {then}, now {now}</source>
        <translation>{what}：当时 {then}，现在 {now}</translation>
    </message>
    <message>
        <source>what it ran on then was not recorded</source>
        <translation>当时的运行环境没有记录</translation>
    </message>
    <message>
        <source>Nothing that is recorded. The last digits of the model&apos;s numbers depend on how the prompt was split up when it was read, and a close draw can fall the other way.</source>
        <translation>凡有记录的都没有不同。模型数值的末几位取决于读提示时如何分段，难分上下的抽取可能落向另一边。</translation>
    </message>
    <message>
        <source>; </source>
        <comment>between two parts of a sentence</comment>
        <translation>；</translation>
    </message>
    <message>
        <source>Another model is loaded: {now}, not {then}. It will hardly write the same.</source>
        <translation>现在载入的是另一个模型：{now}，而不是 {then}。它多半写不出同样的文字。</translation>
    </message>
</context>
<context>
    <name>ReadButton</name>
    <message>
        <source>Of a long text the model reads what is around the caret. This lets it read all of it; it can be stopped at any time. (Shift+F6)</source>
        <translation>文字很长时，模型只读光标附近的部分。此按钮让它读完全文，随时可以停止。(Shift+F6)</translation>
    </message>
    <message>
        <source>Stop reading</source>
        <translation>停止读取</translation>
    </message>
    <message>
        <source>Read the whole text</source>
        <translation>读完全文</translation>
    </message>
</context>
<context>
    <name>Recovery</name>
    <message>
        <source>Looking for a backup…</source>
        <translation>正在查找备份……</translation>
    </message>
    <message>
        <source>There are backups of this library ({n}), but none of them is sound.</source>
        <translation>此文库有 {n} 份备份，但没有一份完好。</translation>
    </message>
    <message>
        <source>There is no backup of this library.</source>
        <translation>此文库没有备份。</translation>
    </message>
    <message>
        <source>Putting the backup in place…</source>
        <translation>正在换上备份……</translation>
    </message>
    <message>
        <source>Saving what can be read…</source>
        <translation>正在抢救可读取的内容……</translation>
    </message>
    <message>
        <source>Open or start a library in a folder</source>
        <translation>在文件夹中打开或新建文库</translation>
    </message>
    <message>
        <source>A new library was started. The damaged one is kept as {path}.</source>
        <translation>已新建文库。损坏的文库保留为 {path}。</translation>
    </message>
    <message>
        <source>Read only</source>
        <translation>只读</translation>
    </message>
    <message>
        <source>The library is open to read only: nothing can be changed.</source>
        <translation>文库以只读方式打开：不能做任何更改。</translation>
    </message>
    <message>
        <source>This is your library as it was on {time}. The damaged one is kept as {path}.</source>
        <translation>这是你的文库在 {time} 时的样子。损坏的文库保留为 {path}。</translation>
    </message>
    <message>
        <source>All sessions could be read: {n}. The damaged library is kept as {path}.</source>
        <translation>全部 {n} 个会话都已读出。损坏的文库保留为 {path}。</translation>
    </message>
    <message>
        <source>Sessions saved: {saved}; in doubt (their text may have changed, or their history is missing): {doubtful}; lost: {lost}. The damaged library is kept as {path}.</source>
        <translation>已救回会话：{saved} 个；存疑（文字可能有变，或缺少历史）：{doubtful} 个；丢失：{lost} 个。损坏的文库保留为 {path}。</translation>
    </message>
    <message>
        <source>New session</source>
        <translation>新会话</translation>
    </message>
    <message>
        <source>1 word</source>
        <translation>1 词</translation>
    </message>
    <message>
        <source>{n} words</source>
        <translation>{n} 词</translation>
    </message>
    <message>
        <source>The app was cut off while it wrote in “{title}”: what had appeared of the passage is here ({words}).</source>
        <translation>应用在续写“{title}”时被中断：这段文字已出现的部分都在这里（{words}）。</translation>
    </message>
    <message>
        <source>The app was cut off. “{title}” is here as it was last saved, {time}.</source>
        <translation>应用曾被中断。“{title}”保持上次保存时（{time}）的样子。</translation>
    </message>
</context>
<context>
    <name>ReportDialog</name>
    <message>
        <source>Something went wrong</source>
        <translation>出了问题</translation>
    </message>
    <message>
        <source>This is a fault of the program, not yours; your text is safe. Below is all that the report holds. It stays on this computer unless you send it to someone.</source>
        <translation>这是程序的错误，不是你的；你的文字是安全的。下面就是报告的全部内容。除非你发给别人，它只留在这台电脑上。</translation>
    </message>
    <message>
        <source>Report</source>
        <translation>报告</translation>
    </message>
    <message>
        <source>&amp;Save report…</source>
        <translation>保存报告(&amp;S)…</translation>
    </message>
    <message>
        <source>&amp;Close</source>
        <translation>关闭(&amp;C)</translation>
    </message>
    <message>
        <source>Save report</source>
        <translation>保存报告</translation>
    </message>
    <message>
        <source>The report could not be saved there: {reason}.</source>
        <translation>报告无法保存到那里：{reason}。</translation>
    </message>
</context>
<context>
    <name>Ribbon</name>
    <message>
        <source>Surprisal along the text</source>
        <translation>全文的惊异度</translation>
    </message>
    <message>
        <source>The whole text from top to bottom: the longer a bar, the more the words there surprised the model. Click or drag to go there.</source>
        <translation>从上到下是整篇文字：横条越长，那里的词越让模型意外。点击或拖动即可前往。</translation>
    </message>
    <message>
        <source>Here: {mean} a token on average, at most {max}</source>
        <translation>此处：平均每个词元 {mean}，最高 {max}</translation>
    </message>
</context>
<context>
    <name>RowMaker</name>
    <message>
        <source>all others</source>
        <translation>其余全部</translation>
    </message>
    <message>
        <source>All tokens that are not listed, together: {own} from the model itself, {after} after the sampling settings.</source>
        <translation>未列出的全部词元合计：模型自身为 {own}，经过采样设置后为 {after}。</translation>
    </message>
    <message>
        <source>removed by the sampling stage {stage}</source>
        <translation>被采样环节“{stage}”移除</translation>
    </message>
    <message>
        <source>removed by the sampling settings</source>
        <translation>被采样设置移除</translation>
    </message>
    <message>
        <source>{after} after the sampling settings</source>
        <translation>经过采样设置后为 {after}</translation>
    </message>
    <message>
        <source>{own} (one in {n})</source>
        <translation>{own}（{n} 分之一）</translation>
    </message>
    <message>
        <source>Rank {rank}: {own} from the model itself, {after}. Log-probability {logprob} nats.</source>
        <translation>排名 {rank}：模型自身为 {own}，{after}。对数概率 {logprob} 奈特。</translation>
    </message>
    <message>
        <source>the settings</source>
        <translation>采样设置</translation>
    </message>
    <message>
        <source>“{token}”: {own}, rank {rank}, {logprob} nats</source>
        <translation>“{token}”：{own}，排名 {rank}，{logprob} 奈特</translation>
    </message>
    <message>
        <source>{n} tokens in a row: {own} together from the model itself, {after} after the sampling settings. Log-probability {logprob} nats.</source>
        <translation>连续 {n} 个词元：合计模型自身为 {own}，经过采样设置后为 {after}。对数概率 {logprob} 奈特。</translation>
    </message>
    <message>
        <source>{n} tok.</source>
        <translation>{n} 词元</translation>
    </message>
    <message>
        <source>With “{words}” in between, the next {n} tokens of the text and these words are together {times} times as likely as the text is without them ({gain} nats).</source>
        <translation>中间加上“{words}”后，这些词与后文的 {n} 个词元合在一起，可能性是不加时后文的 {times} 倍（{gain} 奈特）。</translation>
    </message>
    <message>
        <source>No words between: the next {n} tokens of the text have the log-probability {logprob} nats.</source>
        <translation>中间不加词：后文的 {n} 个词元的对数概率为 {logprob} 奈特。</translation>
    </message>
</context>
<context>
    <name>RunOptionsForm</name>
    <message>
        <source> tokens</source>
        <translation> 个词元</translation>
    </message>
    <message>
        <source>How much is written at most. The model sees that much less of what is before the caret.</source>
        <translation>最多写多少。模型能看到的光标前文字会少这么多。</translation>
    </message>
    <message>
        <source>&amp;Length</source>
        <translation>长度(&amp;L)</translation>
    </message>
    <message>
        <source>The number that chance starts from. The same seed, settings and model give the same text.</source>
        <translation>随机数的起点。种子、设置和模型相同，写出的文字就相同。</translation>
    </message>
    <message>
        <source>&amp;Keep</source>
        <translation>固定(&amp;K)</translation>
    </message>
    <message>
        <source>Use this seed again; otherwise each generation gets a new one, shown here.</source>
        <translation>再次使用这个种子；否则每次生成都用新的种子，并显示在这里。</translation>
    </message>
    <message>
        <source>Throw a new seed</source>
        <translation>换一个新种子</translation>
    </message>
    <message>
        <source>See&amp;d</source>
        <translation>种子(&amp;D)</translation>
    </message>
    <message>
        <source>Stop at the end &amp;of text</source>
        <translation>在文本结束处停止(&amp;O)</translation>
    </message>
    <message>
        <source>one per line, \n for a line end</source>
        <translation>每行一个，\n 表示换行</translation>
    </message>
    <message>
        <source>Writing ends where one of these would appear; it is not inserted itself.</source>
        <translation>写到其中之一即将出现的地方为止；它本身不会插入。</translation>
    </message>
    <message>
        <source>Stop &amp;at</source>
        <translation>遇到时停止(&amp;A)</translation>
    </message>
    <message>
        <source>Stop when the model thinks the text is over. Otherwise it starts another text and goes on.</source>
        <translation>模型认为文本已写完时停止。否则它会另起一篇继续写。</translation>
    </message>
</context>
<context>
    <name>Safekeeping</name>
    <message>
        <source>Making a backup… You can go on writing.</source>
        <translation>正在制作备份……你可以继续写作。</translation>
    </message>
    <message>
        <source>Checking the backup…</source>
        <translation>正在检查备份……</translation>
    </message>
    <message>
        <source>Restoring the backup…</source>
        <translation>正在恢复备份……</translation>
    </message>
    <message>
        <source>Copying the backup…</source>
        <translation>正在复制备份……</translation>
    </message>
    <message>
        <source>A copy is at {path}.</source>
        <translation>副本位于 {path}。</translation>
    </message>
    <message>
        <source>Backups…</source>
        <translation>备份…</translation>
    </message>
    <message>
        <source>The backup is made and checked.</source>
        <translation>备份已制作并检查完毕。</translation>
    </message>
    <message>
        <source>Sessions in the library that are not as they were written: {n}. Older backups may hold them whole; none was deleted.</source>
        <translation>文库中有 {n} 个会话与写下时不符。较早的备份中也许有完好的版本；没有删除任何备份。</translation>
    </message>
</context>
<context>
    <name>SamplingPanel</name>
    <message>
        <source>Sampling</source>
        <translation>采样</translation>
    </message>
    <message>
        <source>Preset</source>
        <translation>预设</translation>
    </message>
    <message>
        <source>Settings that go well together. Ctrl+Shift+P</source>
        <translation>彼此搭配得好的设置。Ctrl+Shift+P</translation>
    </message>
    <message>
        <source>Preset menu</source>
        <translation>预设菜单</translation>
    </message>
    <message>
        <source>Save, rename or delete a preset</source>
        <translation>保存、重命名或删除预设</translation>
    </message>
    <message>
        <source>Switch every stage off: the model&apos;s own distribution</source>
        <translation>关闭所有阶段：模型自身的分布</translation>
    </message>
    <message>
        <source>Find settings…</source>
        <translation>寻找设置…</translation>
    </message>
    <message>
        <source>Find the settings that suit the selected words, or make a word possible (Shift+F5)</source>
        <translation>寻找适合所选文字、或让某个词成为可能的设置（Shift+F5）</translation>
    </message>
    <message>
        <source>Choosing the next word</source>
        <translation>选择下一个词</translation>
    </message>
    <message>
        <source>Each continuation</source>
        <translation>每次续写</translation>
    </message>
    <message>
        <source>Save as preset…</source>
        <translation>存为预设…</translation>
    </message>
    <message>
        <source>Rename preset…</source>
        <translation>重命名预设…</translation>
    </message>
    <message>
        <source>Delete preset</source>
        <translation>删除预设</translation>
    </message>
    <message>
        <source>Neutralise all</source>
        <translation>全部关闭</translation>
    </message>
    <message>
        <source>{name} (changed)</source>
        <translation>{name}（已更改）</translation>
    </message>
    <message>
        <source>Name of the preset:</source>
        <translation>预设名称：</translation>
    </message>
    <message>
        <source>Save as preset</source>
        <translation>存为预设</translation>
    </message>
    <message>
        <source>Rename preset</source>
        <translation>重命名预设</translation>
    </message>
</context>
<context>
    <name>Searching</name>
    <message>
        <source>The text cannot be changed right now.</source>
        <translation>现在无法改动正文。</translation>
    </message>
    <message>
        <source>The place where the search began is no longer in the history of this text.</source>
        <translation>搜索开始的位置已不在这篇文字的历史中。</translation>
    </message>
</context>
<context>
    <name>SentenceList</name>
    <message>
        <source>Sentences by surprisal</source>
        <translation>按惊异度排列的句子</translation>
    </message>
    <message>
        <source>How surprising each sentence was on average. Click one to go there.</source>
        <translation>每个句子平均有多令人意外。点击即可前往。</translation>
    </message>
</context>
<context>
    <name>SentenceModel</name>
    <message>
        <source>bits</source>
        <translation>比特</translation>
    </message>
    <message>
        <source>Surprisal: the mean of the sentence&apos;s tokens, in bits. 3 bits is one in 8, 7 is one in 128.</source>
        <translation>惊异度：句中各词元的平均值，单位是比特。3 比特是 8 分之一，7 比特是 128 分之一。</translation>
    </message>
    <message>
        <source>tokens</source>
        <translation>词元</translation>
    </message>
    <message>
        <source>Tokens of the sentence that the model has read</source>
        <translation>句中模型已读过的词元</translation>
    </message>
    <message>
        <source>sentence</source>
        <translation>句子</translation>
    </message>
    <message>
        <source>In the order of the text; click a title to sort by it</source>
        <translation>按文中的顺序；点击标题可按其排序</translation>
    </message>
</context>
<context>
    <name>SessionMenu</name>
    <message>
        <source>Open to read</source>
        <translation>打开阅读</translation>
    </message>
    <message>
        <source>Restore</source>
        <translation>还原</translation>
    </message>
    <message>
        <source>Empty trash…</source>
        <translation>清空回收站…</translation>
    </message>
    <message>
        <source>Open</source>
        <translation>打开</translation>
    </message>
    <message>
        <source>Unpin</source>
        <translation>取消置顶</translation>
    </message>
    <message>
        <source>Pin to the top</source>
        <translation>置顶</translation>
    </message>
    <message>
        <source>Take out of the archive</source>
        <translation>移出归档</translation>
    </message>
    <message>
        <source>Archive</source>
        <translation>归档</translation>
    </message>
    <message>
        <source>Rename…</source>
        <translation>重命名…</translation>
    </message>
    <message>
        <source>Tags…</source>
        <translation>标签…</translation>
    </message>
    <message>
        <source>Duplicate</source>
        <translation>创建副本</translation>
    </message>
    <message>
        <source>Delete</source>
        <translation>删除</translation>
    </message>
</context>
<context>
    <name>SessionModel</name>
    <message>
        <source>Today</source>
        <translation>今天</translation>
    </message>
    <message>
        <source>Yesterday</source>
        <translation>昨天</translation>
    </message>
    <message>
        <source>Earlier</source>
        <translation>更早</translation>
    </message>
    <message>
        <source>Pinned</source>
        <translation>置顶</translation>
    </message>
    <message>
        <source>By title</source>
        <translation>按标题</translation>
    </message>
    <message>
        <source>Empty session</source>
        <translation>空会话</translation>
    </message>
    <message>
        <source>Search everywhere for “{words}”</source>
        <translation>在全部内容中搜索“{words}”</translation>
    </message>
    <message>
        <source>{n} characters, changed {time}</source>
        <translation>{n} 个字符，修改于 {time}</translation>
    </message>
    <message>
        <source>Created {time}</source>
        <translation>创建于 {time}</translation>
    </message>
    <message>
        <source>Tags: {tags}</source>
        <translation>标签：{tags}</translation>
    </message>
    <message>
        <source>Deleted {time}</source>
        <translation>删除于 {time}</translation>
    </message>
</context>
<context>
    <name>SessionPanel</name>
    <message>
        <source>Find a session</source>
        <translation>查找会话</translation>
    </message>
    <message>
        <source>Show only sessions whose name, beginning or tags have these words; Enter opens the first</source>
        <translation>只显示名称、开头或标签含有这些词的会话；回车键打开第一个</translation>
    </message>
    <message>
        <source>New session</source>
        <translation>新建会话</translation>
    </message>
    <message>
        <source>New session (Ctrl+N)</source>
        <translation>新建会话（Ctrl+N）</translation>
    </message>
    <message>
        <source>Sessions</source>
        <translation>会话</translation>
    </message>
    <message>
        <source>Your sessions: Enter opens, F2 renames, Delete removes</source>
        <translation>你的会话：Enter 打开，F2 重命名，Delete 删除</translation>
    </message>
    <message>
        <source>A session is one text with everything the model wrote in it. It is saved as you write.</source>
        <translation>一个会话就是一篇文字，连同模型在其中写下的一切。边写边保存。</translation>
    </message>
    <message>
        <source>Sessions you archive are out of the way here, whole and easy to find.</source>
        <translation>归档的会话放在这里，不占列表，内容完整，也容易找到。</translation>
    </message>
    <message>
        <source>The trash is empty. Deleted sessions stay here until you empty it.</source>
        <translation>回收站是空的。删除的会话会留在这里，直到你清空它。</translation>
    </message>
    <message>
        <source>No session here has these words.</source>
        <translation>这里没有会话含有这些词。</translation>
    </message>
    <message>
        <source>Rename session</source>
        <translation>重命名会话</translation>
    </message>
    <message>
        <source>Name (empty: the first words of the text)</source>
        <translation>名称（留空：使用正文开头的词）</translation>
    </message>
</context>
<context>
    <name>Sessions</name>
    <message>
        <source>New session</source>
        <translation>新建会话</translation>
    </message>
</context>
<context>
    <name>SeveralButton</name>
    <message>
        <source>{n} continuations</source>
        <translation>续写 {n} 份</translation>
    </message>
</context>
<context>
    <name>SideBySide</name>
    <message>
        <source>{side}: surprisal</source>
        <translation>{side}：惊异度</translation>
    </message>
</context>
<context>
    <name>SidePanel</name>
    <message>
        <source>Settings and their effects</source>
        <translation>设置及其效果</translation>
    </message>
    <message>
        <source>Sampling: how the next word is chosen. X-ray: what these settings do to it. Inside: what the model did to find it.</source>
        <translation>采样：下一个词如何选出。X 光：这些设置对它做了什么。内部：模型如何找到它。</translation>
    </message>
    <message>
        <source>X-ray</source>
        <translation>X 光</translation>
    </message>
    <message>
        <source>Inside</source>
        <translation>内部</translation>
    </message>
    <message>
        <source>Sampling</source>
        <translation>采样</translation>
    </message>
</context>
<context>
    <name>StageList</name>
    <message>
        <source>Show or hide the stages that are off, each in its place in the chain</source>
        <translation>显示或隐藏已关闭的阶段，各在其链中的位置</translation>
    </message>
    <message>
        <source>More samplers ({count})</source>
        <translation>更多采样器（{count}）</translation>
    </message>
    <message>
        <source>Fewer samplers</source>
        <translation>收起采样器</translation>
    </message>
</context>
<context>
    <name>StageNotes</name>
    <message>
        <source>The words before this one do not fit the pattern or schema: it does not count here.</source>
        <translation>此词之前的文字不符合格式或模式：它在这里不计入。</translation>
    </message>
    <message>
        <source>Banned words are taken back only once they are written, which no single word shows.</source>
        <translation>禁用词写出之后才会被收回，单个词上看不出来。</translation>
    </message>
    <message>
        <source>Banned words are banned token by token here; going back is not followed.</source>
        <translation>这里按词元禁用禁用词；不追踪回退。</translation>
    </message>
    <message>
        <source>The pattern or schema counts from the first word, up to the one that does not fit.</source>
        <translation>格式或模式从第一个词起计入，直到不符合的词为止。</translation>
    </message>
</context>
<context>
    <name>StageRow</name>
    <message>
        <source>Move {name}</source>
        <translation>移动“{name}”</translation>
    </message>
    <message>
        <source>Drag to change the order of the stages, or press Alt+Up or Alt+Down</source>
        <translation>拖动可改变各阶段的顺序，也可按 Alt+上 或 Alt+下</translation>
    </message>
    <message>
        <source>{name} on</source>
        <translation>启用“{name}”</translation>
    </message>
    <message>
        <source>More settings of {name}</source>
        <translation>“{name}”的更多设置</translation>
    </message>
    <message>
        <source>Show or hide its further settings</source>
        <translation>显示或隐藏其他设置</translation>
    </message>
</context>
<context>
    <name>StatusLine</name>
    <message>
        <source>Whether the text as it stands is on the disk</source>
        <translation>当前文字是否已写入磁盘</translation>
    </message>
    <message>
        <source>Words in this text</source>
        <translation>本文字数</translation>
    </message>
    <message>
        <source>How fast the model writes</source>
        <translation>模型的写作速度</translation>
    </message>
    <message>
        <source>What is going on</source>
        <translation>正在进行的事</translation>
    </message>
    <message>
        <source>The model that writes</source>
        <translation>写作所用的模型</translation>
    </message>
    <message>
        <source>Where the model computes</source>
        <translation>模型在哪里计算</translation>
    </message>
    <message>
        <source>1 word</source>
        <translation>1 词</translation>
    </message>
    <message>
        <source>{n} words</source>
        <translation>{n} 词</translation>
    </message>
    <message>
        <source>{n} tokens/s</source>
        <translation>{n} 词元/秒</translation>
    </message>
    <message>
        <source>{n} tokens/s (×{gain} by drafting)</source>
        <translation>{n} 词元/秒（起草提速 ×{gain}）</translation>
    </message>
    <message>
        <source>no model yet</source>
        <translation>尚无模型</translation>
    </message>
    <message>
        <source>{name} without {parts}</source>
        <translation>{name}（不含 {parts}）</translation>
    </message>
    <message>
        <source>{name}: {architecture}, {millions} million parameters, context of {context} tokens</source>
        <translation>{name}：{architecture}，{millions} 百万参数，上下文 {context} 个词元</translation>
    </message>
    <message>
        <source>Computes on {device} in {dtype} with {threads} threads</source>
        <translation>在 {device} 上以 {dtype} 计算，使用 {threads} 个线程</translation>
    </message>
</context>
<context>
    <name>StudioError</name>
    <message>
        <source>Copy or download the model again; the file is not complete.</source>
        <translation>请重新复制或下载模型；文件不完整。</translation>
    </message>
    <message>
        <source>“{path}” is {size} bytes long; such a file never needs more than {max_bytes}.</source>
        <translation>“{path}”长 {size} 字节；这种文件从不需要超过 {max_bytes} 字节。</translation>
    </message>
    <message>
        <source>The disk is full: the model could not be written to the end.</source>
        <translation>磁盘已满：模型没能写完。</translation>
    </message>
    <message>
        <source>Make room on the library&apos;s disk, then try again.</source>
        <translation>请在文库所在的磁盘上腾出空间，然后重试。</translation>
    </message>
    <message>
        <source>The model knows {n} tokens, and no tokenizer lies beside it that says which.</source>
        <translation>该模型有 {n} 个词元，但旁边没有说明它们的分词器。</translation>
    </message>
    <message>
        <source>Put its tokenizer.json, or vocab.json and merges.txt, into the same folder.</source>
        <translation>请把它的 tokenizer.json，或 vocab.json 和 merges.txt，放进同一个文件夹。</translation>
    </message>
    <message>
        <source>“{path}” is larger than the tokenizer of any model.</source>
        <translation>“{path}”比任何模型的分词器都大。</translation>
    </message>
    <message>
        <source>Download the model again, or choose another one.</source>
        <translation>请重新下载模型，或选择其他模型。</translation>
    </message>
    <message>
        <source>This model is quantized, in a way that is not supported.</source>
        <translation>此模型经过量化，且其方式不受支持。</translation>
    </message>
    <message>
        <source>“{path}” is not a valid JSON file.</source>
        <translation>“{path}”不是有效的 JSON 文件。</translation>
    </message>
    <message>
        <source>Copy or download the model again.</source>
        <translation>请重新复制或下载模型。</translation>
    </message>
    <message>
        <source>“{path}” is not a JSON object.</source>
        <translation>“{path}”不是 JSON 对象。</translation>
    </message>
    <message>
        <source>“{name}” is a link that leads out of the model&apos;s folder.</source>
        <translation>“{name}”是指向模型文件夹之外的链接。</translation>
    </message>
    <message>
        <source>Put the file itself into the folder.</source>
        <translation>请把文件本身放进该文件夹。</translation>
    </message>
    <message>
        <source>This model&apos;s weights are a Python pickle, which could run any program on your computer.</source>
        <translation>这个模型的权重是 Python pickle，它可能在你的电脑上运行任何程序。</translation>
    </message>
    <message>
        <source>Choose the model&apos;s safetensors version, or have it converted to safetensors first.</source>
        <translation>请选择该模型的 safetensors 版本，或先把它转换为 safetensors。</translation>
    </message>
    <message>
        <source>The folder holds no weights: there is no model.safetensors in it.</source>
        <translation>文件夹里没有权重：其中没有 model.safetensors。</translation>
    </message>
    <message>
        <source>Choose the folder that holds config.json and model.safetensors.</source>
        <translation>请选择含有 config.json 和 model.safetensors 的文件夹。</translation>
    </message>
    <message>
        <source>“model.safetensors.index.json” lists no weights.</source>
        <translation>“model.safetensors.index.json”没有列出任何权重。</translation>
    </message>
    <message>
        <source>“model.safetensors.index.json” points to “{name}”, which is not a file of this folder.</source>
        <translation>“model.safetensors.index.json”指向“{name}”，而它不是这个文件夹中的文件。</translation>
    </message>
    <message>
        <source>Do not use this model unless you trust where it came from; download it again.</source>
        <translation>除非你信任它的来源，否则不要使用这个模型；请重新下载。</translation>
    </message>
    <message>
        <source>The weights file “{name}” is missing.</source>
        <translation>缺少权重文件“{name}”。</translation>
    </message>
    <message>
        <source>The weights file “{path}” is damaged or cut short.</source>
        <translation>权重文件“{path}”已损坏或不完整。</translation>
    </message>
    <message>
        <source>The weights “{theirs}” are stored as {tensor}, which this model cannot use.</source>
        <translation>权重“{theirs}”以 {tensor} 存储，这个模型无法使用。</translation>
    </message>
    <message>
        <source>Choose a version of the model that is not quantized.</source>
        <translation>请选择该模型未量化的版本。</translation>
    </message>
    <message>
        <source>The weights “{theirs}” contain values that are not numbers.</source>
        <translation>权重“{theirs}”含有不是数字的值。</translation>
    </message>
    <message>
        <source>Choose another model; this one was damaged, or its training failed.</source>
        <translation>请选择其他模型；这个已损坏，或训练失败。</translation>
    </message>
    <message>
        <source>“{path}” could not be read ({reason}).</source>
        <translation>无法读取“{path}”（{reason}）。</translation>
    </message>
    <message>
        <source>Check the disk and the file&apos;s permissions, then try again.</source>
        <translation>请检查磁盘和文件权限，然后重试。</translation>
    </message>
    <message>
        <source>Close other programs, or choose a smaller model.</source>
        <translation>请关闭其他程序，或选择更小的模型。</translation>
    </message>
    <message>
        <source>“{path}” holds a model of the kind “{kind}”, which cannot be taken over yet.</source>
        <translation>“{path}”中的模型属于“{kind}”类型，目前还不能导入。</translation>
    </message>
    <message>
        <source>Choose a GPT-2, a Llama or a Qwen2 model.</source>
        <translation>请选择 GPT-2、Llama 或 Qwen2 模型。</translation>
    </message>
    <message>
        <source>“{path}” is one of several parts of a model.</source>
        <translation>“{path}”只是模型的若干部分之一。</translation>
    </message>
    <message>
        <source>Join the parts with llama.cpp&apos;s gguf-split, or choose a whole file.</source>
        <translation>请用 llama.cpp 的 gguf-split 合并各部分，或选择完整的文件。</translation>
    </message>
    <message>
        <source>There is not enough space on the disk for the new model.</source>
        <translation>磁盘空间不足，放不下新模型。</translation>
    </message>
    <message>
        <source>Free some space, then try again.</source>
        <translation>请腾出一些空间后重试。</translation>
    </message>
    <message>
        <source>Choose another file of this model.</source>
        <translation>请选择该模型的其他文件。</translation>
    </message>
    <message>
        <source>There is not enough memory for this model.</source>
        <translation>内存不足以加载这个模型。</translation>
    </message>
    <message>
        <source>“{folder}” does not say what kind of model it is.</source>
        <translation>“{folder}”没有说明这是哪种模型。</translation>
    </message>
    <message>
        <source>Choose a folder whose config.json has a model_type.</source>
        <translation>请选择 config.json 中含有 model_type 的文件夹。</translation>
    </message>
    <message>
        <source>There is no folder “{folder}”.</source>
        <translation>没有文件夹“{folder}”。</translation>
    </message>
    <message>
        <source>“{folder}” is not a model: it holds no config.json.</source>
        <translation>“{folder}”不是模型：其中没有 config.json。</translation>
    </message>
    <message>
        <source>This model needs about {needed} GB of memory, but only {available} GB are free.</source>
        <translation>这个模型约需 {needed} GB 内存，但只有 {available} GB 可用。</translation>
    </message>
    <message>
        <source>The work was stopped.</source>
        <translation>工作已停止。</translation>
    </message>
    <message>
        <source>Start it again whenever you like.</source>
        <translation>你可以随时重新开始。</translation>
    </message>
    <message>
        <source>No model is loaded.</source>
        <translation>没有加载模型。</translation>
    </message>
    <message>
        <source>Choose a model first.</source>
        <translation>请先选择模型。</translation>
    </message>
    <message>
        <source>There is not enough memory.</source>
        <translation>内存不足。</translation>
    </message>
    <message>
        <source>Something went wrong inside the program.</source>
        <translation>程序内部出了问题。</translation>
    </message>
    <message>
        <source>Try again; if it happens again, please report it.</source>
        <translation>请重试；若再次发生，请报告。</translation>
    </message>
    <message>
        <source>The model&apos;s numbers broke down at token {step}: it no longer gives any probabilities.</source>
        <translation>模型的数值在第 {step} 个词元处崩溃：它不再给出任何概率。</translation>
    </message>
    <message>
        <source>Choose another model; this one&apos;s weights are damaged.</source>
        <translation>请选择其他模型；这个模型的权重已损坏。</translation>
    </message>
    <message>
        <source>The model “{folder}” is gone.</source>
        <translation>模型“{folder}”已不存在。</translation>
    </message>
    <message>
        <source>Choose another model.</source>
        <translation>请选择其他模型。</translation>
    </message>
    <message>
        <source>llama.cpp computes GPT-2 in one way only, and this model asks for another.</source>
        <translation>llama.cpp 只以一种方式计算 GPT-2，而该模型要求另一种方式。</translation>
    </message>
    <message>
        <source>Models of the kind “{kind}” with these settings cannot be written as GGUF.</source>
        <translation>带有这些设置的“{kind}”类模型无法写成 GGUF。</translation>
    </message>
    <message>
        <source>“{name}” is not as config.json says.</source>
        <translation>“{name}”与 config.json 所说的不符。</translation>
    </message>
    <message>
        <source>Use the config.json that belongs to these weights.</source>
        <translation>请使用与这些权重配套的 config.json。</translation>
    </message>
    <message>
        <source>A GPT-2 with cross-attention is not supported.</source>
        <translation>不支持带交叉注意力的 GPT-2。</translation>
    </message>
    <message>
        <source>The weights lack “{name}”, which config.json promises.</source>
        <translation>权重中缺少 config.json 所声明的“{name}”。</translation>
    </message>
    <message>
        <source>“{name}” has the shape {actual}, but config.json says {shape}.</source>
        <translation>“{name}”的形状是 {actual}，但 config.json 说是 {shape}。</translation>
    </message>
    <message>
        <source>The weights hold “{name}”, which is no part of the GPT-2 that config.json describes.</source>
        <translation>权重中有“{name}”，它不属于 config.json 所描述的 GPT-2。</translation>
    </message>
    <message>
        <source>config.json says {key} = {value}, which cannot be.</source>
        <translation>config.json 中 {key} = {value}，这不可能。</translation>
    </message>
    <message>
        <source>This model is quantized, which is not supported.</source>
        <translation>这个模型经过量化，不受支持。</translation>
    </message>
    <message>
        <source>The weights do not fit the model that config.json describes.</source>
        <translation>权重与 config.json 所描述的模型不符。</translation>
    </message>
    <message>
        <source>Copy or download the model again, or choose another one.</source>
        <translation>请重新复制或下载模型，或选择其他模型。</translation>
    </message>
    <message>
        <source>The weights “{name}” contain values that are not numbers.</source>
        <translation>权重“{name}”含有不是数字的值。</translation>
    </message>
    <message>
        <source>Choose another model; this one is damaged.</source>
        <translation>请选择其他模型；这个已损坏。</translation>
    </message>
    <message>
        <source>Heads and layers of this kind of model cannot be switched off.</source>
        <translation>这类模型的头和层不能关闭。</translation>
    </message>
    <message>
        <source>Choose a GPT-2 model for that.</source>
        <translation>请为此选择 GPT-2 模型。</translation>
    </message>
    <message>
        <source>config.json does not say how many layers the model has.</source>
        <translation>config.json 没有说明模型有多少层。</translation>
    </message>
    <message>
        <source>config.json describes {described} million numbers, but the files hold {held} million.</source>
        <translation>config.json 描述了 {described} 百万个数值，但文件里只有 {held} 百万个。</translation>
    </message>
    <message>
        <source>Models of the kind “{kind}” are not supported.</source>
        <translation>不支持“{kind}”类型的模型。</translation>
    </message>
    <message>
        <source>Choose a GPT-2 model or another causal language model.</source>
        <translation>请选择 GPT-2 模型或其他因果语言模型。</translation>
    </message>
    <message>
        <source>There is no tokenizer: no tokenizer.json, and no usable vocab.json with merges.txt.</source>
        <translation>没有分词器：没有 tokenizer.json，也没有可用的 vocab.json 与 merges.txt。</translation>
    </message>
    <message>
        <source>Copy the tokenizer&apos;s files into the model&apos;s folder.</source>
        <translation>请把分词器的文件复制到模型文件夹中。</translation>
    </message>
    <message>
        <source>“merges.txt” could not be read.</source>
        <translation>无法读取“merges.txt”。</translation>
    </message>
    <message>
        <source>“vocab.json” is damaged.</source>
        <translation>“vocab.json”已损坏。</translation>
    </message>
    <message>
        <source>The tokenizer knows token {token_id}, but the model only {vocab_size} tokens.</source>
        <translation>分词器有词元 {token_id}，但模型只有 {vocab_size} 个词元。</translation>
    </message>
    <message>
        <source>Use the tokenizer files that belong to this model.</source>
        <translation>请使用与这个模型配套的分词器文件。</translation>
    </message>
    <message>
        <source>“tokenizer.json” is damaged.</source>
        <translation>“tokenizer.json”已损坏。</translation>
    </message>
    <message>
        <source>The preset file {file} is left out: {reason}</source>
        <translation>预设文件 {file} 未被采用：{reason}</translation>
    </message>
    <message>
        <source>The preset {name} that ships with the app cannot be used: {reason}</source>
        <translation>随程序提供的预设 {name} 无法使用：{reason}</translation>
    </message>
    <message>
        <source>Install GPT-2 Studio again.</source>
        <translation>请重新安装 GPT-2 Studio。</translation>
    </message>
    <message>
        <source>The preset could not be deleted ({reason}).</source>
        <translation>预设无法删除（{reason}）。</translation>
    </message>
    <message>
        <source>Check that its folder can be written.</source>
        <translation>请检查其文件夹是否可写。</translation>
    </message>
    <message>
        <source>A preset needs a name.</source>
        <translation>预设需要一个名称。</translation>
    </message>
    <message>
        <source>A preset&apos;s name can have at most {limit} characters.</source>
        <translation>预设名称最多可有 {limit} 个字符。</translation>
    </message>
    <message>
        <source>A preset&apos;s name must be one line of plain text.</source>
        <translation>预设名称必须是一行纯文本。</translation>
    </message>
    <message>
        <source>There is already a preset named {name}.</source>
        <translation>已有名为 {name} 的预设。</translation>
    </message>
    <message>
        <source>It cannot be read ({reason}).</source>
        <translation>它无法读取（{reason}）。</translation>
    </message>
    <message>
        <source>It is not UTF-8 text.</source>
        <translation>它不是 UTF-8 文本。</translation>
    </message>
    <message>
        <source>It is not valid TOML.</source>
        <translation>它不是有效的 TOML。</translation>
    </message>
    <message>
        <source>It is not a preset file.</source>
        <translation>它不是预设文件。</translation>
    </message>
    <message>
        <source>Its name is missing.</source>
        <translation>其中缺少名称。</translation>
    </message>
    <message>
        <source>Its max_new_tokens must be a whole number from 1 to {limit}.</source>
        <translation>其中的 max_new_tokens 必须是 1 到 {limit} 之间的整数。</translation>
    </message>
    <message>
        <source>Its processors must be [[processor]] tables.</source>
        <translation>其中的处理步骤必须写成 [[processor]] 表。</translation>
    </message>
    <message>
        <source>One of its processors has no name.</source>
        <translation>其中有一个处理步骤没有名称。</translation>
    </message>
    <message>
        <source>{name}: on must be true or false.</source>
        <translation>{name}：on 必须为 true 或 false。</translation>
    </message>
    <message>
        <source>{name} is built in and cannot be changed.</source>
        <translation>{name} 是内置预设，不能更改。</translation>
    </message>
    <message>
        <source>There is no preset named {name}.</source>
        <translation>没有名为 {name} 的预设。</translation>
    </message>
    <message>
        <source>The preset could not be saved ({reason}).</source>
        <translation>预设无法保存（{reason}）。</translation>
    </message>
    <message>
        <source>Check that its folder can be written and the disk is not full.</source>
        <translation>请检查其文件夹是否可写、磁盘是否已满。</translation>
    </message>
    <message>
        <source>There is no text to score.</source>
        <translation>没有可评分的文字。</translation>
    </message>
    <message>
        <source>Both sides are the same model with the same settings.</source>
        <translation>两边是同一个模型和同样的设置。</translation>
    </message>
    <message>
        <source>Choose another model or other settings for one of them.</source>
        <translation>请为其中一边换一个模型或设置。</translation>
    </message>
    <message>
        <source>There is no text to compare.</source>
        <translation>没有可比较的文字。</translation>
    </message>
    <message>
        <source>Write or choose some text first.</source>
        <translation>请先写一些或选择一些文字。</translation>
    </message>
    <message>
        <source>The model&apos;s numbers broke down: it no longer gives any probabilities.</source>
        <translation>模型的数值崩溃：它不再给出任何概率。</translation>
    </message>
    <message>
        <source>There is no processor named {name}.</source>
        <translation>没有名为 {name} 的处理步骤。</translation>
    </message>
    <message>
        <source>{name} has no setting named {setting}.</source>
        <translation>{name} 没有名为 {setting} 的设置。</translation>
    </message>
    <message>
        <source>{name} is there twice.</source>
        <translation>{name} 出现了两次。</translation>
    </message>
    <message>
        <source>There is no sampling setting named {name}.</source>
        <translation>没有名为 {name} 的采样设置。</translation>
    </message>
    <message>
        <source>The sampling settings are not valid JSON.</source>
        <translation>采样设置不是有效的 JSON。</translation>
    </message>
    <message>
        <source>The sampling settings must be a list of processors.</source>
        <translation>采样设置必须是处理步骤的列表。</translation>
    </message>
    <message>
        <source>Each processor must be a name and its settings.</source>
        <translation>每个处理步骤必须由名称及其设置组成。</translation>
    </message>
    <message>
        <source>{label} must be between {lo} and {hi}.</source>
        <translation>“{label}”必须在 {lo} 到 {hi} 之间。</translation>
    </message>
    <message>
        <source>{label} must be a whole number, not {value}.</source>
        <translation>“{label}”必须是整数，不能是 {value}。</translation>
    </message>
    <message>
        <source>{label} must be a number, not {value}.</source>
        <translation>“{label}”必须是数字，不能是 {value}。</translation>
    </message>
    <message>
        <source>{label} must be a text, not {value}.</source>
        <translation>{label}必须是文字，不能是 {value}。</translation>
    </message>
    <message>
        <source>{label} can have at most {limit} characters.</source>
        <translation>{label}最多 {limit} 个字符。</translation>
    </message>
    <message>
        <source>one of {options}</source>
        <translation>{options} 之一</translation>
    </message>
    <message>
        <source>a whole number from {low} to {high}</source>
        <translation>{low} 到 {high} 之间的整数</translation>
    </message>
    <message>
        <source>a number from {low} to {high}</source>
        <translation>{low} 到 {high} 之间的数</translation>
    </message>
    <message>
        <source>true or false</source>
        <translation>true 或 false</translation>
    </message>
    <message>
        <source>a text in quotation marks</source>
        <translation>带引号的文本</translation>
    </message>
    <message>
        <source>a list of texts, none of them empty</source>
        <translation>由非空文本组成的列表</translation>
    </message>
    <message>
        <source>base64 text</source>
        <translation>base64 文本</translation>
    </message>
    <message>
        <source>{file} could not be read ({reason}); the defaults are used.</source>
        <translation>无法读取 {file}（{reason}）；已使用默认设置。</translation>
    </message>
    <message>
        <source>{file}: {setting} should be {expected}; the default is used.</source>
        <translation>{file}：{setting} 应为：{expected}；已使用默认值。</translation>
    </message>
    <message>
        <source>{file} is damaged; the defaults are used.</source>
        <translation>{file} 已损坏；已使用默认设置。</translation>
    </message>
    <message>
        <source>{file} was damaged and is kept as {kept}; the defaults are used.</source>
        <translation>{file} 已损坏，现保留为 {kept}；已使用默认设置。</translation>
    </message>
    <message>
        <source>A backup of the library could not be made: its copy is damaged.</source>
        <translation>无法备份文库：备份出的副本已损坏。</translation>
    </message>
    <message>
        <source>{file} could not be read: {reason}.</source>
        <translation>无法读取 {file}：{reason}。</translation>
    </message>
    <message>
        <source>{file} is not a file.</source>
        <translation>{file} 不是文件。</translation>
    </message>
    <message>
        <source>{file} is larger than {limit} MB.</source>
        <translation>{file} 大于 {limit} MB。</translation>
    </message>
    <message>
        <source>This JSON file is of no kind that GPT-2 Studio knows.</source>
        <translation>GPT-2 Studio 不认识这种 JSON 文件。</translation>
    </message>
    <message>
        <source>The library file is empty: its content has been lost.</source>
        <translation>文库文件是空的：其内容已丢失。</translation>
    </message>
    <message>
        <source>{file} is not a library, or its beginning is damaged.</source>
        <translation>{file} 不是文库，或者其开头已损坏。</translation>
    </message>
    <message>
        <source>The library file has been cut off.</source>
        <translation>文库文件被截断了。</translation>
    </message>
    <message>
        <source>The backup could not be made: {reason}.</source>
        <translation>无法制作备份：{reason}。</translation>
    </message>
    <message>
        <source>Your texts are saved all the same; look at the backups folder.</source>
        <translation>你的文稿仍已保存；请查看备份文件夹。</translation>
    </message>
    <message>
        <source>The library is still busy with a check or a restore.</source>
        <translation>文库仍在检查或恢复备份。</translation>
    </message>
    <message>
        <source>Wait until it is done, then try again.</source>
        <translation>请等它完成后再试。</translation>
    </message>
    <message>
        <source>Free some space or choose another disk, then try again; nothing was changed.</source>
        <translation>请腾出一些空间或换一个磁盘，然后重试；没有改动任何内容。</translation>
    </message>
    <message>
        <source>The library could not do this, because of a mistake in the program.</source>
        <translation>由于程序中的错误，文库未能完成此操作。</translation>
    </message>
    <message>
        <source>Save the report and send it to the developers; what was saved before is not affected.</source>
        <translation>请保存报告并发送给开发者；此前已保存的内容不受影响。</translation>
    </message>
    <message>
        <source>{file} is missing, though its companion {file}-wal is there.</source>
        <translation>缺少 {file}，而与它配套的 {file}-wal 还在。</translation>
    </message>
    <message>
        <source>There is no library in this folder.</source>
        <translation>这个文件夹中没有文库。</translation>
    </message>
    <message>
        <source>Choose another folder, or create one.</source>
        <translation>请选择其他文件夹，或新建一个文库。</translation>
    </message>
    <message>
        <source>{file} was not written by this program, or its beginning is damaged.</source>
        <translation>{file} 不是由本程序写入的，或者其开头已损坏。</translation>
    </message>
    <message>
        <source>The beginning of the library file is damaged.</source>
        <translation>文库文件的开头已损坏。</translation>
    </message>
    <message>
        <source>A table of the library is missing.</source>
        <translation>文库中缺少一个数据表。</translation>
    </message>
    <message>
        <source>{file} contains program code that this program has not put there.</source>
        <translation>{file} 中含有并非由本程序写入的程序代码。</translation>
    </message>
    <message>
        <source>Do not open it if it is from somebody else; if it is yours, restore a backup.</source>
        <translation>如果它来自他人，请勿打开；如果是你自己的，请恢复备份。</translation>
    </message>
    <message>
        <source>The newest changes may be missing: the program was cut off, and {file}-wal is gone.</source>
        <translation>最新的更改可能缺失：程序曾意外中断，而 {file}-wal 已不在。</translation>
    </message>
    <message>
        <source>Put {file}-wal back beside {file}, or open the library without those changes.</source>
        <translation>请把 {file}-wal 放回 {file} 旁边，或者不带这些更改打开文库。</translation>
    </message>
    <message>
        <source>A part of the library file is damaged.</source>
        <translation>文库文件有一部分已损坏。</translation>
    </message>
    <message>
        <source>The library file does not know its own version any more.</source>
        <translation>文库文件中的版本信息已无法辨认。</translation>
    </message>
    <message>
        <source>The library file has changed on the disk by itself: the probabilities of this passage cannot be trusted.</source>
        <translation>磁盘上的文库文件自行发生了变化：这段文字的概率已不可信。</translation>
    </message>
    <message>
        <source>The library file has changed on the disk by itself: the text of this session cannot be trusted.</source>
        <translation>磁盘上的文库文件自行发生了变化：这个会话的文字已不可信。</translation>
    </message>
    <message>
        <source>The library file has changed on the disk by itself: the history of this session cannot be trusted.</source>
        <translation>文库文件在磁盘上自行发生了变化：此会话的历史记录不可信。</translation>
    </message>
    <message>
        <source>The library file has changed on the disk by itself: how this passage came about cannot be trusted.</source>
        <translation>磁盘上的文库文件自行发生了变化：这段文字的来历已不可信。</translation>
    </message>
    <message>
        <source>This session is not in the library any more.</source>
        <translation>这个会话已不在文库中。</translation>
    </message>
    <message>
        <source>There is no model “{name}” any more.</source>
        <translation>模型“{name}”已不存在。</translation>
    </message>
    <message>
        <source>Choose another one from the list.</source>
        <translation>请从列表中选择其他会话。</translation>
    </message>
    <message>
        <source>“{folder}” could not be changed ({reason}).</source>
        <translation>无法更改“{folder}”（{reason}）。</translation>
    </message>
    <message>
        <source>Check the disk&apos;s free space and the folder&apos;s permissions.</source>
        <translation>请检查磁盘剩余空间和文件夹权限。</translation>
    </message>
    <message>
        <source>The library file has been moved, replaced or deleted while it was open.</source>
        <translation>文库文件在打开期间被移动、替换或删除了。</translation>
    </message>
    <message>
        <source>Put it back where it was, or export your text; what you see has not been saved.</source>
        <translation>请把它放回原处，或导出你的文字；你现在看到的内容尚未保存。</translation>
    </message>
    <message>
        <source>Free some space on this disk; what you see is kept, and the next save goes on from there.</source>
        <translation>请在这个磁盘上腾出一些空间；你看到的内容会保留，下次保存将从这里继续。</translation>
    </message>
    <message>
        <source>Put a backup in its place, save what can be read, or start afresh; the damaged file is kept.</source>
        <translation>可用备份替换它、抢救尚可读取的内容，或重新开始；损坏的文件会保留。</translation>
    </message>
    <message>
        <source>The library file is damaged.</source>
        <translation>文库文件已损坏。</translation>
    </message>
    <message>
        <source>Close the program and make a copy of the library folder before you go on; check the disk.</source>
        <translation>继续之前，请关闭程序并复制一份文库文件夹；请检查磁盘。</translation>
    </message>
    <message>
        <source>This library was written by a newer version of GPT-2 Studio.</source>
        <translation>这个文库是由更新版本的 GPT-2 Studio 写入的。</translation>
    </message>
    <message>
        <source>Open it with that version, or choose another folder; nothing in it was changed.</source>
        <translation>请用那个版本打开，或选择其他文件夹；其中的内容没有任何改动。</translation>
    </message>
    <message>
        <source>The library cannot be written: its file, its folder or its disk is read-only.</source>
        <translation>文库无法写入：其文件、文件夹或磁盘是只读的。</translation>
    </message>
    <message>
        <source>Open it for reading only, or make it writable and try again.</source>
        <translation>请以只读方式打开，或将其设为可写后重试。</translation>
    </message>
    <message>
        <source>Another program has the library open.</source>
        <translation>另一个程序正打开着这个文库。</translation>
    </message>
    <message>
        <source>Close the other program (perhaps a second window of this one) and try again.</source>
        <translation>请关闭那个程序（可能是本程序的另一个窗口），然后重试。</translation>
    </message>
    <message>
        <source>There is no space left on the disk of the library.</source>
        <translation>文库所在的磁盘已没有剩余空间。</translation>
    </message>
    <message>
        <source>The disk of the library reports an error.</source>
        <translation>文库所在的磁盘报告了错误。</translation>
    </message>
    <message>
        <source>Check that the disk is connected and healthy, then try again.</source>
        <translation>请检查磁盘是否已连接且状态正常，然后重试。</translation>
    </message>
    <message>
        <source>The model process stopped unexpectedly.</source>
        <translation>模型进程意外停止了。</translation>
    </message>
    <message>
        <source>The model process could not be started.</source>
        <translation>无法启动模型进程。</translation>
    </message>
    <message>
        <source>Your text is safe. Try again; if it happens again, choose a smaller model.</source>
        <translation>你的文字是安全的。请重试；若再次发生，请选择更小的模型。</translation>
    </message>
    <message>
        <source>The library met an unexpected problem.</source>
        <translation>文库遇到了意外的问题。</translation>
    </message>
    <message>
        <source>Save the report.</source>
        <translation>请保存报告。</translation>
    </message>
    <message>
        <source>This branch of the session cannot be read.</source>
        <translation>无法读取此会话的这个分支。</translation>
    </message>
    <message>
        <source>Export the session as it stands; nothing has been changed.</source>
        <translation>请按会话现状导出；未做任何更改。</translation>
    </message>
    <message>
        <source>A step in the history of this session is damaged.</source>
        <translation>此会话历史中有一步已损坏。</translation>
    </message>
    <message>
        <source>Export it in another format; the text itself is not touched.</source>
        <translation>请改用其他格式导出；文本本身未受影响。</translation>
    </message>
    <message>
        <source>Choose another folder or file name; nothing was lost.</source>
        <translation>请选择其他文件夹或文件名；没有任何内容丢失。</translation>
    </message>
    <message>
        <source>There is not enough space on the disk to write {file}.</source>
        <translation>磁盘空间不足，无法写入 {file}。</translation>
    </message>
    <message>
        <source>Free some space or choose another disk, then export again.</source>
        <translation>请释放一些空间或选择其他磁盘，然后重新导出。</translation>
    </message>
    <message>
        <source>{file} could not be written: {reason}.</source>
        <translation>无法写入 {file}：{reason}。</translation>
    </message>
    <message>
        <source>The file is damaged or was changed: “{place}” is not as it should be.</source>
        <translation>文件已损坏或被改动：“{place}”处不正确。</translation>
    </message>
    <message>
        <source>This file was written by a newer version of GPT-2 Studio.</source>
        <translation>这个文件由更新版本的 GPT-2 Studio 写成。</translation>
    </message>
    <message>
        <source>Import it with that version; nothing was imported.</source>
        <translation>请用那个版本导入；没有导入任何内容。</translation>
    </message>
    <message>
        <source>Nothing was imported; choose another file.</source>
        <translation>没有导入任何内容；请选择其他文件。</translation>
    </message>
    <message>
        <source>The text has {n} characters; a session can hold {limit} at most.</source>
        <translation>文字有 {n} 个字符；一个会话最多容纳 {limit} 个。</translation>
    </message>
    <message>
        <source>Divide it into several files and import them one by one.</source>
        <translation>请把它分成几个文件，再逐个导入。</translation>
    </message>
    <message>
        <source>The text has {n} characters and was divided: a session can hold {limit} at most.</source>
        <translation>正文有 {n} 个字符，已分成几个会话：一个会话最多容纳 {limit} 个字符。</translation>
    </message>
    <message>
        <source>Nothing was imported; export or copy the file again and retry.</source>
        <translation>没有导入任何内容；请重新导出或复制该文件后再试。</translation>
    </message>
    <message>
        <source>This JSON file has too many parts to be read at once.</source>
        <translation>这个 JSON 文件的内容太多，无法一次读取。</translation>
    </message>
    <message>
        <source>Export fewer sessions at a time, or without probabilities.</source>
        <translation>请一次少导出几个会话，或导出时不带概率。</translation>
    </message>
    <message>
        <source>This JSON file is not in UTF-8.</source>
        <translation>这个 JSON 文件不是 UTF-8 编码。</translation>
    </message>
    <message>
        <source>This is not valid JSON, or it has been cut off (line {line}, column {column}).</source>
        <translation>这不是有效的 JSON，或文件不完整（第 {line} 行，第 {column} 列）。</translation>
    </message>
    <message>
        <source>This JSON file holds something that is not allowed: a number without bounds, a name that comes twice, or parts nested too deeply.</source>
        <translation>这个 JSON 文件含有不允许的内容：超出范围的数、重复的名称，或嵌套过深的部分。</translation>
    </message>
    <message>
        <source>Settings of the other program were left out.</source>
        <translation>未导入另一程序的设置。</translation>
    </message>
    <message>
        <source>The story in this KoboldAI save cannot be found.</source>
        <translation>在这个 KoboldAI 存档中找不到故事。</translation>
    </message>
    <message>
        <source>Pictures were left out.</source>
        <translation>未导入图片。</translation>
    </message>
    <message>
        <source>Which passages were generated, and how, was not taken over.</source>
        <translation>未导入哪些段落是生成的以及如何生成的信息。</translation>
    </message>
    <message>
        <source>The probabilities of the other program&apos;s tokens were left out.</source>
        <translation>未导入另一程序的词元概率。</translation>
    </message>
    <message>
        <source>The text in this mikupad session cannot be found.</source>
        <translation>在这个 mikupad 会话中找不到文字。</translation>
    </message>
    <message>
        <source>Memory, author&apos;s note and world info are in a session of their own: they are not sent to the model.</source>
        <translation>记忆、作者注和世界设定放在单独的会话中：它们不会发送给模型。</translation>
    </message>
    <message>
        <source>Not taken over: {names}.</source>
        <translation>未导入：{names}。</translation>
    </message>
    <message>
        <source>This file is not a text file.</source>
        <translation>这个文件不是文本文件。</translation>
    </message>
    <message>
        <source>The file does not say its encoding; it was read as {encoding}.</source>
        <translation>文件没有标明编码；已按 {encoding} 读取。</translation>
    </message>
    <message>
        <source>Formatting, such as bold, colours and tables, was left out.</source>
        <translation>未导入格式，例如粗体、颜色和表格。</translation>
    </message>
    <message>
        <source>Footnotes were left out.</source>
        <translation>未导入脚注。</translation>
    </message>
    <message>
        <source>Endnotes were left out.</source>
        <translation>未导入尾注。</translation>
    </message>
    <message>
        <source>Comments were left out.</source>
        <translation>未导入批注。</translation>
    </message>
    <message>
        <source>Headers and footers were left out.</source>
        <translation>未导入页眉和页脚。</translation>
    </message>
    <message>
        <source>This is not a Word document, or it is damaged or incomplete.</source>
        <translation>这不是 Word 文档，或文件已损坏、不完整。</translation>
    </message>
    <message>
        <source>This document is built in a way that could do harm; it was not read.</source>
        <translation>这个文档的构造可能有害，因此没有读取。</translation>
    </message>
    <message>
        <source>This document is protected by a password.</source>
        <translation>这个文档受密码保护。</translation>
    </message>
    <message>
        <source>Passages marked as deleted were left out.</source>
        <translation>未导入标记为已删除的段落。</translation>
    </message>
    <message>
        <source>The folder of the backups cannot be read: {reason}.</source>
        <translation>无法读取备份文件夹：{reason}。</translation>
    </message>
    <message>
        <source>Check its permissions and its disk; the library is not affected.</source>
        <translation>请检查它的权限和所在磁盘；文库不受影响。</translation>
    </message>
    <message>
        <source>The backup could not be copied there: {reason}.</source>
        <translation>无法把备份复制到那里：{reason}。</translation>
    </message>
    <message>
        <source>Choose another folder or disk; the backup itself is untouched.</source>
        <translation>请换一个文件夹或磁盘；备份本身未受影响。</translation>
    </message>
    <message>
        <source>This backup is damaged.</source>
        <translation>此备份已损坏。</translation>
    </message>
    <message>
        <source>Choose another way; nothing was changed.</source>
        <translation>请选择其他办法；没有改动任何内容。</translation>
    </message>
    <message>
        <source>Nothing can be read of this library any more.</source>
        <translation>这个文库已经读不出任何内容了。</translation>
    </message>
    <message>
        <source>There is a library in this folder already.</source>
        <translation>此文件夹中已有一个文库。</translation>
    </message>
    <message>
        <source>Choose an empty folder; nothing was changed.</source>
        <translation>请选择一个空文件夹；未做任何更改。</translation>
    </message>
    <message>
        <source>The text has changed since it was read.</source>
        <translation>文本在读取之后已有改动。</translation>
    </message>
    <message>
        <source>Wait until it has been read again.</source>
        <translation>请等它重新读取完毕。</translation>
    </message>
    <message>
        <source>Each entry must be a text, a colon and a number from -{limit} to {limit}, such as “dragon: 2”; {entry} is not.</source>
        <translation>每一项必须是文字、冒号和 -{limit} 到 {limit} 之间的数，例如“dragon: 2”；{entry} 不是。</translation>
    </message>
    <message>
        <source>There is no session to export.</source>
        <translation>没有可以导出的会话。</translation>
    </message>
    <message>
        <source>Write something first.</source>
        <translation>请先写点什么。</translation>
    </message>
    <message>
        <source>Session {n} is not in the file: {reason}</source>
        <translation>文件中没有会话 {n}：{reason}</translation>
    </message>
    <message>
        <source>There is no passage to find settings for.</source>
        <translation>没有可供寻找设置的文字。</translation>
    </message>
    <message>
        <source>Select some words, or type one.</source>
        <translation>请选中一些文字，或输入一个词。</translation>
    </message>
    <message>
        <source>Looking inside here needs about {needed} GB of memory, but only {available} GB are free.</source>
        <translation>在这里查看内部大约需要 {needed} GB 内存，但只剩 {available} GB 可用。</translation>
    </message>
    <message>
        <source>Close other programs, or look at a place nearer the beginning.</source>
        <translation>请关闭其他程序，或看更靠近开头的位置。</translation>
    </message>
    <message>
        <source>This model has no such head or layer.</source>
        <translation>这个模型没有这样的头或层。</translation>
    </message>
    <message>
        <source>Switch everything on, and choose again.</source>
        <translation>请全部打开，再重新选择。</translation>
    </message>
    <message>
        <source>That is {n} tokens long; at most {most} are looked up.</source>
        <translation>它有 {n} 个词元；最多可以查 {most} 个。</translation>
    </message>
    <message>
        <source>Type fewer words.</source>
        <translation>请少输入几个词。</translation>
    </message>
    <message>
        <source>This kind of model does not show its attention.</source>
        <translation>这类模型不显示它的注意力。</translation>
    </message>
    <message>
        <source>Choose a GPT-2 model to look inside.</source>
        <translation>要看内部，请选择 GPT-2 模型。</translation>
    </message>
    <message>
        <source>A JSON schema is a JSON object, such as {example}.</source>
        <translation>JSON 模式应是一个 JSON 对象，例如 {example}。</translation>
    </message>
    <message>
        <source>The pattern cannot be used: {reason}.</source>
        <translation>这个格式无法使用：{reason}。</translation>
    </message>
    <message>
        <source>The JSON schema cannot be used: {reason}.</source>
        <translation>这个 JSON 模式无法使用：{reason}。</translation>
    </message>
    <message>
        <source>Correct it under Sampling, or switch it off.</source>
        <translation>请在“采样”面板中改正，或将其关闭。</translation>
    </message>
    <message>
        <source>No token was left that fits the pattern or schema.</source>
        <translation>没有剩下任何符合格式或模式的词元。</translation>
    </message>
    <message>
        <source>Make it simpler, or switch off other stages that ban words it needs.</source>
        <translation>请把它改得简单些，或关闭禁用了所需词语的其他环节。</translation>
    </message>
    <message>
        <source>Contrastive search looks inside the model, and works with GPT-2 models only.</source>
        <translation>对比搜索要比较模型内部的状态，只适用于 GPT-2 模型。</translation>
    </message>
    <message>
        <source>Switch contrastive search off, or choose a GPT-2 model.</source>
        <translation>请关闭对比搜索，或选择一个 GPT-2 模型。</translation>
    </message>
    <message>
        <source>Choose a smaller model of the same family, such as a distilled one.</source>
        <translation>请选择同一系列中更小的模型，例如蒸馏版。</translation>
    </message>
    <message>
        <source>A smaller model can only guess ahead for a GPT-2 model on the processor.</source>
        <translation>更小的模型只能为在处理器上运行的 GPT-2 模型预先起草。</translation>
    </message>
    <message>
        <source>Load a GPT-2 model first.</source>
        <translation>请先载入一个 GPT-2 模型。</translation>
    </message>
    <message>
        <source>“{name}” does not have the same tokens as “{model}”, so it cannot guess for it.</source>
        <translation>“{name}”的词元与“{model}”不同，因此不能为它起草。</translation>
    </message>
    <message>
        <source>“{name}” is not smaller than “{model}”, so its guesses would take longer than they save.</source>
        <translation>“{name}”并不比“{model}”小，起草所花的时间会多于省下的时间。</translation>
    </message>
    <message>
        <source>This model is computed in one precision only.</source>
        <translation>这个模型只有一种计算精度。</translation>
    </message>
    <message>
        <source>Others are for GPT-2 models on the processor (CPU).</source>
        <translation>其他精度仅用于在处理器（CPU）上运行的 GPT-2 模型。</translation>
    </message>
    <message>
        <source>There is no text to measure on.</source>
        <translation>没有可供测量的文本。</translation>
    </message>
    <message>
        <source>Write some text first, or choose the app&apos;s own.</source>
        <translation>请先写一些文字，或选择应用自带的文本。</translation>
    </message>
    <message>
        <source>The model&apos;s files have changed since it was loaded.</source>
        <translation>模型文件在载入之后发生了变化。</translation>
    </message>
    <message>
        <source>Load the model again, then measure.</source>
        <translation>请重新载入模型，然后再测量。</translation>
    </message>
    <message>
        <source>The file tried to do what no model needs to do ({what}), and was stopped.</source>
        <translation>该文件试图做模型不需要做的事（{what}），已被阻止。</translation>
    </message>
    <message>
        <source>Do not open it anywhere, and do not use models from there.</source>
        <translation>不要在任何地方打开它，也不要使用那个来源的模型。</translation>
    </message>
    <message>
        <source>This model counts positions in a way ({kind}) that cannot be taken over.</source>
        <translation>该模型的位置编码方式（{kind}）无法导入。</translation>
    </message>
    <message>
        <source>The file does not tell {key}.</source>
        <translation>文件中没有说明 {key}。</translation>
    </message>
    <message>
        <source>The file says {key} = {value}, which cannot be.</source>
        <translation>文件中写着 {key} = {value}，这是不可能的。</translation>
    </message>
    <message>
        <source>“{name}” has the shape {actual}, but the file&apos;s own sizes ask for {shape}.</source>
        <translation>“{name}”的形状是 {actual}，但按文件自身的尺寸应为 {shape}。</translation>
    </message>
    <message>
        <source>The file holds “{name}”, which no model of this kind that is known here has.</source>
        <translation>文件中有“{name}”，而这里已知的同类模型都没有它。</translation>
    </message>
    <message>
        <source>The file lacks “{name}”.</source>
        <translation>文件中缺少“{name}”。</translation>
    </message>
    <message>
        <source>The tokenizer in “{path}” is damaged.</source>
        <translation>“{path}”中的分词器已损坏。</translation>
    </message>
    <message>
        <source>The tokenizer in “{path}” is of a kind (“{kind}”) that is not supported.</source>
        <translation>“{path}”中的分词器属于不支持的类型（“{kind}”）。</translation>
    </message>
    <message>
        <source>The tokenizer of this model cannot be written into a GGUF file.</source>
        <translation>该模型的分词器无法写入 GGUF 文件。</translation>
    </message>
    <message>
        <source>Export the model as a folder instead.</source>
        <translation>请改为导出成文件夹。</translation>
    </message>
    <message>
        <source>“{name}” holds weights, but not those of a GPT-2.</source>
        <translation>“{name}”里有权重，但不是 GPT-2 的权重。</translation>
    </message>
    <message>
        <source>Put the model&apos;s config.json beside it, then choose the folder.</source>
        <translation>请把模型的 config.json 放在它旁边，然后选择该文件夹。</translation>
    </message>
    <message>
        <source>“{name}” does not say how many attention heads the model has.</source>
        <translation>“{name}”没有说明模型有多少个注意力头。</translation>
    </message>
    <message>
        <source>Opened the usual way, “{name}” would run “{what}” on your computer.</source>
        <translation>若按通常方式打开，“{name}”会在您的电脑上运行“{what}”。</translation>
    </message>
    <message>
        <source>“{name}” is not a checkpoint that PyTorch wrote, or it is damaged.</source>
        <translation>“{name}”不是 PyTorch 写的检查点，或者已损坏。</translation>
    </message>
    <message>
        <source>Copy or download the model again, or choose its safetensors version.</source>
        <translation>请重新复制或下载模型，或选择它的 safetensors 版本。</translation>
    </message>
    <message>
        <source>“{path}” could not be written ({reason}).</source>
        <translation>无法写入“{path}”（{reason}）。</translation>
    </message>
    <message>
        <source>Check the disk and the folder&apos;s permissions, then try again.</source>
        <translation>请检查磁盘和文件夹权限后重试。</translation>
    </message>
    <message>
        <source>The weights “{name}” hold numbers that are too large for 16 bits.</source>
        <translation>权重“{name}”中有超出 16 位范围的数值。</translation>
    </message>
    <message>
        <source>Export the model with 32 bits.</source>
        <translation>请以 32 位导出该模型。</translation>
    </message>
    <message>
        <source>Where the layers of this kind of model are is not known.</source>
        <translation>不知道这类模型的层在哪里。</translation>
    </message>
    <message>
        <source>Choose a GPT-2 or Llama model, or another precision.</source>
        <translation>请选择 GPT-2 或 Llama 模型，或改用别的精度。</translation>
    </message>
    <message>
        <source>The text is too short to measure on: two tokens are the least.</source>
        <translation>文本太短，无法测量：至少要有两个词元。</translation>
    </message>
    <message>
        <source>Choose a longer text; some hundred words are good.</source>
        <translation>请选择长一些的文本，几百个词比较合适。</translation>
    </message>
    <message>
        <source>The text is longer than {limit} MB.</source>
        <translation>文本超过 {limit} MB。</translation>
    </message>
    <message>
        <source>Choose a part of it.</source>
        <translation>请选择其中一部分。</translation>
    </message>
    <message>
        <source>“{path}” cannot be read as a text ({reason}).</source>
        <translation>“{path}”无法作为文本读取（{reason}）。</translation>
    </message>
    <message>
        <source>Choose a plain text file in UTF-8.</source>
        <translation>请选择 UTF-8 纯文本文件。</translation>
    </message>
    <message>
        <source>The new model needs {needed} MB, but the disk has {free} MB left.</source>
        <translation>新模型需要 {needed} MB，但磁盘只剩 {free} MB。</translation>
    </message>
    <message>
        <source>Make room on the disk, then try again.</source>
        <translation>请在磁盘上腾出空间后再试。</translation>
    </message>
    <message>
        <source>“{name}” holds the number {number}, which {precision} cannot: it ends at {limit}.</source>
        <translation>“{name}”中有数值 {number}，{precision} 装不下：它最大到 {limit}。</translation>
    </message>
    <message>
        <source>Choose bfloat16, which reaches as far as float32.</source>
        <translation>请选择 bfloat16，它的范围与 float32 一样大。</translation>
    </message>
    <message>
        <source>8 and 4 bits need the compiled kernels, which are not there.</source>
        <translation>8 位和 4 位需要编译好的计算内核，但这里没有。</translation>
    </message>
    <message>
        <source>Choose float16 or bfloat16.</source>
        <translation>请选择 float16 或 bfloat16。</translation>
    </message>
    <message>
        <source>This model&apos;s vocabulary is not made of bytes and merges, so it cannot be cut.</source>
        <translation>此模型的词表不是由字节和合并规则构成的，无法裁剪。</translation>
    </message>
    <message>
        <source>Make the model smaller in another way.</source>
        <translation>请用别的方式缩小模型。</translation>
    </message>
    <message>
        <source>“{name}” holds no weights.</source>
        <translation>“{name}”里没有权重。</translation>
    </message>
    <message>
        <source>Choose the file that holds the model, not its training&apos;s state.</source>
        <translation>请选择保存模型的文件，而不是训练状态。</translation>
    </message>
    <message>
        <source>“{folder}” is there already.</source>
        <translation>“{folder}”已经存在。</translation>
    </message>
    <message>
        <source>Choose a folder that does not exist yet.</source>
        <translation>请选择一个尚不存在的文件夹。</translation>
    </message>
    <message>
        <source>“{name}” is no SentencePiece tokenizer that can be read here.</source>
        <translation>“{name}”不是这里能读取的 SentencePiece 分词器。</translation>
    </message>
    <message>
        <source>Put the model&apos;s tokenizer.json into its folder.</source>
        <translation>请把模型的 tokenizer.json 放进它的文件夹。</translation>
    </message>
    <message>
        <source>“{path}” is damaged.</source>
        <translation>“{path}”已损坏。</translation>
    </message>
    <message>
        <source>“{name}” is a Python pickle, a kind of file that can hide a program. It is read in a closed process that runs nothing of it, and only its numbers are kept. Import it only if you trust where it came from.</source>
        <translation>“{name}”是 Python pickle 文件，这类文件里可能藏有程序。它会在封闭的进程中读取，不运行其中任何内容，只保留数值。请只导入来源可信的文件。</translation>
    </message>
    <message>
        <source>Choose a folder with config.json and model.safetensors, or a .safetensors or .gguf file.</source>
        <translation>请选择含有 config.json 和 model.safetensors 的文件夹，或 .safetensors、.gguf 文件。</translation>
    </message>
    <message>
        <source>“{name}” is a pipe, a socket or a device, not a model.</source>
        <translation>“{name}”是管道、套接字或设备，不是模型。</translation>
    </message>
    <message>
        <source>“{name}” needs {needed} GB on the disk, but only {free} GB are free.</source>
        <translation>“{name}”需要 {needed} GB 磁盘空间，但只剩 {free} GB。</translation>
    </message>
    <message>
        <source>Make room on the disk, or use the folder where it is.</source>
        <translation>请腾出磁盘空间，或直接在原处使用该文件夹。</translation>
    </message>
    <message>
        <source>“{name}” is empty.</source>
        <translation>“{name}”是空的。</translation>
    </message>
    <message>
        <source>“{name}” is only a placeholder that Git LFS left.</source>
        <translation>“{name}”只是 Git LFS 留下的占位文件。</translation>
    </message>
    <message>
        <source>Download the model&apos;s real files, then choose them.</source>
        <translation>请下载模型的真实文件，然后再选择。</translation>
    </message>
    <message>
        <source>“{name}” is a web page, not a model.</source>
        <translation>“{name}”是网页，不是模型。</translation>
    </message>
    <message>
        <source>Download the model&apos;s file again; the page came in its place.</source>
        <translation>请重新下载模型文件；下载到的只是一个网页。</translation>
    </message>
    <message>
        <source>“{name}” is a Python pickle, but not a checkpoint that PyTorch wrote.</source>
        <translation>“{name}”是 Python pickle 文件，但不是 PyTorch 写的检查点。</translation>
    </message>
    <message>
        <source>Do not open it anywhere; choose a .safetensors file.</source>
        <translation>不要在任何地方打开它；请选择 .safetensors 文件。</translation>
    </message>
    <message>
        <source>“{name}” is no kind of model file that is known here.</source>
        <translation>“{name}”不是这里认识的模型文件。</translation>
    </message>
    <message>
        <source>“{name}” is an archive ({kind}), not a model.</source>
        <translation>“{name}”是压缩包（{kind}），不是模型。</translation>
    </message>
    <message>
        <source>Unpack it, then choose the folder that comes out.</source>
        <translation>请先解压，再选择解压出来的文件夹。</translation>
    </message>
    <message>
        <source>“{name}” is not a model: it holds no config.json.</source>
        <translation>“{name}”不是模型：里面没有 config.json。</translation>
    </message>
    <message>
        <source>Put the model&apos;s config.json into the folder, beside its weights.</source>
        <translation>请把模型的 config.json 放进文件夹，和权重放在一起。</translation>
    </message>
    <message>
        <source>“{name}” holds {n} GGUF files, each of them a model.</source>
        <translation>“{name}”里有 {n} 个 GGUF 文件，每个都是一个模型。</translation>
    </message>
    <message>
        <source>Choose one of the files.</source>
        <translation>请选择其中一个文件。</translation>
    </message>
    <message>
        <source>“{name}” holds its weights as {other}, which cannot be read here.</source>
        <translation>“{name}”的权重保存为 {other}，这里无法读取。</translation>
    </message>
    <message>
        <source>Choose the model&apos;s safetensors version.</source>
        <translation>请选择该模型的 safetensors 版本。</translation>
    </message>
    <message>
        <source>The folder “{name}” holds no model.</source>
        <translation>文件夹“{name}”里没有模型。</translation>
    </message>
    <message>
        <source>“{name}” holds more files than any model has.</source>
        <translation>“{name}”里的文件比任何模型都多。</translation>
    </message>
    <message>
        <source>Choose the model&apos;s own folder.</source>
        <translation>请选择模型自己的文件夹。</translation>
    </message>
    <message>
        <source>“{path}” is a GGUF file of version {version}; only versions 2 and 3 can be read.</source>
        <translation>“{path}”是第 {version} 版的 GGUF 文件；只能读取第 2 版和第 3 版。</translation>
    </message>
    <message>
        <source>Choose a newer file of this model.</source>
        <translation>请选择该模型的较新文件。</translation>
    </message>
    <message>
        <source>“{path}” holds numbers of a kind (type {type_id}) that is not known.</source>
        <translation>“{path}”中有未知类型（{type_id}）的数值。</translation>
    </message>
    <message>
        <source>Choose another file of this model, such as one marked Q8_0 or Q4_K_M.</source>
        <translation>请选择该模型的其他文件，例如标有 Q8_0 或 Q4_K_M 的文件。</translation>
    </message>
    <message>
        <source>“{path}” is not a GGUF file.</source>
        <translation>“{path}”不是 GGUF 文件。</translation>
    </message>
    <message>
        <source>Choose a file that ends in .gguf.</source>
        <translation>请选择以 .gguf 结尾的文件。</translation>
    </message>
    <message>
        <source>The GGUF file “{path}” is damaged or cut short.</source>
        <translation>GGUF 文件“{path}”已损坏或不完整。</translation>
    </message>
    <message>
        <source>Copy or download it again.</source>
        <translation>请重新复制或下载。</translation>
    </message>
    <message>
        <source>{host} wants to hand over to an unprotected connection.</source>
        <translation>{host} 要转到不加密的连接。</translation>
    </message>
    <message>
        <source>Nothing was fetched from there; use another endpoint.</source>
        <translation>没有从那里取得任何内容；请换用其他端点。</translation>
    </message>
    <message>
        <source>{host} sends from one address to the next without end.</source>
        <translation>{host} 不断地从一个地址转到另一个地址。</translation>
    </message>
    <message>
        <source>Check the endpoint in the download settings.</source>
        <translation>请检查下载设置中的端点地址。</translation>
    </message>
    <message>
        <source>{host} cannot prove that it is {host}: its certificate is not valid.</source>
        <translation>{host} 无法证明自己就是 {host}：它的证书无效。</translation>
    </message>
    <message>
        <source>Check the date of this computer, the proxy and the endpoint.</source>
        <translation>请检查本机的日期、代理和端点地址。</translation>
    </message>
    <message>
        <source>The proxy refuses the connection.</source>
        <translation>代理拒绝了连接。</translation>
    </message>
    <message>
        <source>{host} does not answer.</source>
        <translation>{host} 没有响应。</translation>
    </message>
    <message>
        <source>{host} cannot be reached.</source>
        <translation>无法连接到 {host}。</translation>
    </message>
    <message>
        <source>The connection to {host} broke off.</source>
        <translation>与 {host} 的连接中断了。</translation>
    </message>
    <message>
        <source>{host} does not give “{repo}” to everybody: it is private, or does not exist.</source>
        <translation>{host} 不向所有人提供“{repo}”：它是私有的，或者不存在。</translation>
    </message>
    <message>
        <source>Check the name; if it has conditions, accept them on its page and give your access token.</source>
        <translation>请检查名称；如果它附有条件，请在其页面上接受，并填写你的访问令牌。</translation>
    </message>
    <message>
        <source>{host} has no model “{repo}”, or not the revision or file asked for.</source>
        <translation>{host} 上没有模型“{repo}”，或没有所要的版本或文件。</translation>
    </message>
    <message>
        <source>Check the name; upper and lower case matter.</source>
        <translation>请检查名称，注意大小写。</translation>
    </message>
    <message>
        <source>{host} refuses with status {status}.</source>
        <translation>{host} 拒绝了请求（状态 {status}）。</translation>
    </message>
    <message>
        <source>Check the endpoint in the download settings, or try again later.</source>
        <translation>请检查下载设置中的端点地址，或稍后再试。</translation>
    </message>
    <message>
        <source>{host} asks for a pause: too many requests.</source>
        <translation>{host} 要求暂停：请求过多。</translation>
    </message>
    <message>
        <source>{host} is in trouble (status {status}).</source>
        <translation>{host} 出了故障（状态 {status}）。</translation>
    </message>
    <message>
        <source>“{repo}” does not write on: it is a {kind}.</source>
        <translation>“{repo}”不能续写：它是 {kind}。</translation>
    </message>
    <message>
        <source>Choose a model for text generation.</source>
        <translation>请选择用于文本生成的模型。</translation>
    </message>
    <message>
        <source>The download that was begun is not there any more.</source>
        <translation>先前开始的下载已经不在了。</translation>
    </message>
    <message>
        <source>Start it anew.</source>
        <translation>请重新开始。</translation>
    </message>
    <message>
        <source>“{name}” came twice with other contents than the Hub promises.</source>
        <translation>“{name}”两次下载的内容都与 Hub 所公布的不符。</translation>
    </message>
    <message>
        <source>It was not kept; try again later, or use another endpoint.</source>
        <translation>没有保留；请稍后再试，或换用其他端点。</translation>
    </message>
    <message>
        <source>The download could not be written ({reason}).</source>
        <translation>无法写入下载内容（{reason}）。</translation>
    </message>
    <message>
        <source>Check the disk and the folder&apos;s permissions, then resume it.</source>
        <translation>请检查磁盘和文件夹的权限，然后继续下载。</translation>
    </message>
    <message>
        <source>There is not enough space: {needed} MB are needed, {free} MB are free.</source>
        <translation>空间不足：需要 {needed} MB，剩余 {free} MB。</translation>
    </message>
    <message>
        <source>Make space on the library&apos;s disk, then resume the download.</source>
        <translation>请在资料库所在磁盘上腾出空间，然后继续下载。</translation>
    </message>
    <message>
        <source>{host} sends something else than it was asked for.</source>
        <translation>{host} 发来的不是所请求的内容。</translation>
    </message>
    <message>
        <source>Check the endpoint and the proxy in the download settings.</source>
        <translation>请检查下载设置中的端点和代理。</translation>
    </message>
    <message>
        <source>This repository has weights but no config.json.</source>
        <translation>此仓库有权重，但没有 config.json。</translation>
    </message>
    <message>
        <source>Choose another repository: this one is not a whole model.</source>
        <translation>请选择其他仓库：这个不是完整的模型。</translation>
    </message>
    <message>
        <source>The repository&apos;s “{name}” is {size} bytes long; no such file needs that.</source>
        <translation>仓库中的“{name}”有 {size} 字节；这类文件不需要这么大。</translation>
    </message>
    <message>
        <source>Choose another repository.</source>
        <translation>请选择其他仓库。</translation>
    </message>
    <message>
        <source>This repository holds {n} GGUF files, each of them a model: {names}.</source>
        <translation>此仓库有 {n} 个 GGUF 文件，每个都是一个模型：{names}。</translation>
    </message>
    <message>
        <source>Paste the address of the page of the one that you want.</source>
        <translation>请粘贴所需文件的页面地址。</translation>
    </message>
    <message>
        <source>This repository offers its weights only as Python pickles, which could run any program on your computer; they are not fetched.</source>
        <translation>此仓库只以 Python pickle 形式提供权重，它可能在你的电脑上运行任何程序；不会下载。</translation>
    </message>
    <message>
        <source>Choose a repository or a revision with a model.safetensors; often “refs/pr/1” has one.</source>
        <translation>请选择带有 model.safetensors 的仓库或版本；“refs/pr/1”里常常有。</translation>
    </message>
    <message>
        <source>This repository holds no weights: there is no model.safetensors and no GGUF file.</source>
        <translation>此仓库没有权重：既没有 model.safetensors，也没有 GGUF 文件。</translation>
    </message>
    <message>
        <source>Choose a repository of a language model with safetensors or GGUF files.</source>
        <translation>请选择带有 safetensors 或 GGUF 文件的语言模型仓库。</translation>
    </message>
    <message>
        <source>The answer cannot be understood: it is not as the Hub answers.</source>
        <translation>无法理解对方的回答：Hub 不会这样回答。</translation>
    </message>
    <message>
        <source>“{revision}” cannot be the name of a revision.</source>
        <translation>“{revision}”不能作为版本名。</translation>
    </message>
    <message>
        <source>Give a branch, a tag, or a commit&apos;s 40 letters and digits.</source>
        <translation>请填写分支、标签或提交的 40 位字母和数字。</translation>
    </message>
    <message>
        <source>“{endpoint}” is not the address of a Hub.</source>
        <translation>“{endpoint}”不是 Hub 的地址。</translation>
    </message>
    <message>
        <source>It begins with https://, as “https://huggingface.co” does.</source>
        <translation>地址以 https:// 开头，例如“https://huggingface.co”。</translation>
    </message>
    <message>
        <source>The address of the proxy cannot be used.</source>
        <translation>无法使用这个代理地址。</translation>
    </message>
    <message>
        <source>It looks like “http://proxy.example:8080”.</source>
        <translation>它应形如“http://proxy.example:8080”。</translation>
    </message>
    <message>
        <source>This is not an access token.</source>
        <translation>这不是访问令牌。</translation>
    </message>
    <message>
        <source>Copy it again from the Hub&apos;s page of access tokens.</source>
        <translation>请从 Hub 的访问令牌页面重新复制。</translation>
    </message>
    <message>
        <source>The token would travel unprotected to {host}.</source>
        <translation>令牌会以不加密的方式发送到 {host}。</translation>
    </message>
    <message>
        <source>Use an endpoint that begins with https://, or no token.</source>
        <translation>请使用以 https:// 开头的端点，或不使用令牌。</translation>
    </message>
    <message>
        <source>“{text}” is not the name of a model on the Hub.</source>
        <translation>“{text}”不是 Hub 上的模型名称。</translation>
    </message>
    <message>
        <source>Type it as “owner/name”, or paste the address of the model&apos;s page.</source>
        <translation>请输入“所有者/名称”，或粘贴模型页面的地址。</translation>
    </message>
    <message>
        <source>Check the connection and resume the download later; what has come is kept.</source>
        <translation>请检查网络，稍后继续下载；已下载的部分会保留。</translation>
    </message>
    <message>
        <source>This model is being downloaded already.</source>
        <translation>这个模型正在下载中。</translation>
    </message>
    <message>
        <source>Wait for the other download, or cancel it first.</source>
        <translation>请等待另一个下载完成，或先取消它。</translation>
    </message>
    <message>
        <source>The work broke off: its process ended without a result.</source>
        <translation>任务中断：进程没有给出结果就结束了。</translation>
    </message>
    <message>
        <source>Nothing was changed. Try another file, or close other programs and try again.</source>
        <translation>没有任何改动。请换一个文件，或关闭其他程序后重试。</translation>
    </message>
    <message>
        <source>The folder “{folder}” is not there any more ({reason}).</source>
        <translation>文件夹“{folder}”已不在（{reason}）。</translation>
    </message>
    <message>
        <source>Ask for fewer, but at least one.</source>
        <translation>请少留一些，但至少留一个。</translation>
    </message>
    <message>
        <source>This model is stored in few bits already.</source>
        <translation>此模型已经用较少的位存储了。</translation>
    </message>
    <message>
        <source>Start from the model that it was made from.</source>
        <translation>请从制作它的那个模型开始。</translation>
    </message>
    <message>
        <source>Only GPT-2 models can be made smaller in this way.</source>
        <translation>只有 GPT-2 模型可以这样缩小。</translation>
    </message>
    <message>
        <source>Choose float16, bfloat16, fewer layers or a smaller vocabulary.</source>
        <translation>请选择 float16、bfloat16、更少的层或更小的词表。</translation>
    </message>
    <message>
        <source>{keep} cannot be kept of {there}: something must go, and something stay.</source>
        <translation>{there} 个中无法保留 {keep} 个：必须去掉一些，也必须留下一些。</translation>
    </message>
    <message>
        <source>It needs {needed} of memory while it loads; {free} are free now.</source>
        <translation>加载时需要 {needed} 内存；目前空闲 {free}。</translation>
    </message>
    <message>
        <source>It needs {needed} of memory while it loads; {free} are free now. In {precision} it would fit.</source>
        <translation>加载时需要 {needed} 内存；目前空闲 {free}。用 {precision} 就装得下。</translation>
    </message>
    <message>
        <source>It takes {needed} of memory</source>
        <translation>占用 {needed} 内存</translation>
    </message>
    <message>
        <source>It takes {needed} of the {free} of memory that are free</source>
        <translation>空闲内存 {free}，占用其中 {needed}</translation>
    </message>
    <message>
        <source>how fast it writes is not known yet</source>
        <translation>写作速度尚不清楚</translation>
    </message>
    <message>
        <source>about {speed} tokens/s, by what {name} reached here</source>
        <translation>约 {speed} 词元/秒，依据 {name} 在本机的速度</translation>
    </message>
    <message>
        <source>about {speed} tokens/s, by the speed of this memory</source>
        <translation>约 {speed} 词元/秒，依据本机内存的速度</translation>
    </message>
    <message>
        <source>{needs}; {how}.</source>
        <translation>{needs}；{how}。</translation>
    </message>
    <message>
        <source>The text could not be put aside for measuring ({reason}).</source>
        <translation>无法把用于测量的文本暂存起来（{reason}）。</translation>
    </message>
    <message>
        <source>Check the disk&apos;s free space.</source>
        <translation>请检查磁盘剩余空间。</translation>
    </message>
</context>
<context>
    <name>Swapping</name>
    <message>
        <source>These are all the others together: type a word above the list to find one of them.</source>
        <translation>这是其余全部词元的合计：在列表上方输入一个词，即可找到其中某一个。</translation>
    </message>
    <message>
        <source>The model is writing. Swap the word when it has finished, or stop it first.</source>
        <translation>模型正在写作。请等它写完再换词，或先停止它。</translation>
    </message>
    <message>
        <source>The text cannot be changed right now, so no word can be swapped.</source>
        <translation>正文现在不能更改，因此无法换词。</translation>
    </message>
    <message>
        <source>The model has not read this place since it was written. Try again in a moment.</source>
        <translation>这里写好之后模型还没有读过。请稍后再试。</translation>
    </message>
    <message>
        <source>This token is half a character, or the text has just changed. Choose a neighbouring one.</source>
        <translation>这个词元只是半个字符，或者正文刚刚改动过。请选择相邻的词元。</translation>
    </message>
    <message>
        <source>This token is half a character and makes no whole one here, so it cannot be swapped in.</source>
        <translation>这个词元只是半个字符，在这里拼不成完整的字，因此不能换上。</translation>
    </message>
    <message>
        <source>The text has changed since. Choose again.</source>
        <translation>正文此后已有改动。请重新选择。</translation>
    </message>
    <message>
        <source>Looking for words that join it to the rest…</source>
        <translation>正在寻找能与后文衔接的词……</translation>
    </message>
    <message>
        <source>Looking for words that join it to the rest… {percent}%</source>
        <translation>正在寻找能与后文衔接的词…… {percent}%</translation>
    </message>
</context>
<context>
    <name>Switch</name>
    <message>
        <source>S&amp;ide by side</source>
        <translation>并排(&amp;I)</translation>
    </message>
    <message>
        <source>Side by side</source>
        <translation>并排</translation>
    </message>
    <message>
        <source>Show the text twice, each word by its own surprisal under A and B; again: the difference</source>
        <translation>把文本并排显示两份，每个词按 A 与 B 各自的惊异度着色；再按一次：显示差异</translation>
    </message>
</context>
<context>
    <name>SwitchGrid</name>
    <message>
        <source>Heads and layers</source>
        <translation>头和层</translation>
    </message>
    <message>
        <source>Each small square is one head, the first of each row its whole layer. Switch one off (click, or Space) and the model works without it: a head adds nothing, a layer passes on what it gets. See what that does to the words. Nothing of the model&apos;s file changes.</source>
        <translation>每个小方格是一个头，每行第一格是整个层。关闭一个（点击，或按空格键），模型就不用它工作：头不再添加任何东西，层原样传递收到的内容。看看词语会怎样变化。模型文件不会改动。</translation>
    </message>
    <message>
        <source>Layer {layer}: {state}</source>
        <translation>第 {layer} 层：{state}</translation>
    </message>
    <message>
        <source>Head {head} of layer {layer}: {state}</source>
        <translation>第 {layer} 层第 {head} 个头：{state}</translation>
    </message>
    <message>
        <source>off</source>
        <translation>关</translation>
    </message>
    <message>
        <source>on</source>
        <translation>开</translation>
    </message>
</context>
<context>
    <name>SwitchesView</name>
    <message>
        <source>Layers (first square) and their heads</source>
        <translation>各层（第一格）及其各头</translation>
    </message>
    <message>
        <source>Everything on</source>
        <translation>全部打开</translation>
    </message>
    <message>
        <source>Let the whole model work again</source>
        <translation>让整个模型重新工作</translation>
    </message>
    <message>
        <source>Regenerate from here</source>
        <translation>从这里重新生成</translation>
    </message>
    <message>
        <source>Let the model write on from this word again; what it wrote before is kept as a variant</source>
        <translation>让模型从这个词起重新写；之前写的会作为另一个版本保留</translation>
    </message>
    <message>
        <source>Off: {names}</source>
        <translation>已关闭：{names}</translation>
    </message>
    <message>
        <source>Everything is on. Switch something off, then let the model write again.</source>
        <translation>全部打开着。关闭一些部分，再让模型重新写。</translation>
    </message>
</context>
<context>
    <name>TagDialog</name>
    <message>
        <source>Tags</source>
        <translation>标签</translation>
    </message>
    <message>
        <source>Tags of “{title}”, with commas between</source>
        <translation>“{title}”的标签，用逗号分隔</translation>
    </message>
    <message>
        <source>For example: novel, draft 2</source>
        <translation>例如：小说，第二稿</translation>
    </message>
</context>
<context>
    <name>TextRow</name>
    <message>
        <source>Reset {name}</source>
        <translation>重置{name}</translation>
    </message>
    <message>
        <source>Back to “{value}”</source>
        <translation>恢复为“{value}”</translation>
    </message>
</context>
<context>
    <name>TitleBar</name>
    <message>
        <source>Title of the session</source>
        <translation>会话标题</translation>
    </message>
</context>
<context>
    <name>TokenChips</name>
    <message>
        <source>Words by attention</source>
        <translation>按注意力显示的词</translation>
    </message>
    <message>
        <source>The text the model had read when it chose this word, cut into its tokens. The warmer, the larger the share of this head&apos;s attention (100% in all). The arrow keys go from token to token.</source>
        <translation>模型选择这个词时读过的文本，切成词元。颜色越暖，这个头给它的注意力份额越大（合计 100%）。用方向键在词元间移动。</translation>
    </message>
    <message>
        <source>“{token}”: {share} of the attention of head {head}</source>
        <translation>“{token}”：占第 {head} 个头注意力的 {share}</translation>
    </message>
</context>
<context>
    <name>TokenPage</name>
    <message>
        <source>As it was when it was drawn: the model has not read the text since.</source>
        <translation>这是当初抽取时的情形：模型此后还没有读过正文。</translation>
    </message>
    <message>
        <source>As it was when it was drawn: no model is loaded.</source>
        <translation>这是当初抽取时的情形：尚未加载模型。</translation>
    </message>
    <message>
        <source>The model reads this as soon as it has finished writing.</source>
        <translation>模型写完后就会读这里。</translation>
    </message>
    <message>
        <source>The model has not read this yet.</source>
        <translation>模型还没有读到这里。</translation>
    </message>
    <message>
        <source>The model looks it up as soon as it has finished writing.</source>
        <translation>模型写完后就会查找。</translation>
    </message>
</context>
<context>
    <name>TokenPane</name>
    <message>
        <source>model</source>
        <translation>模型</translation>
    </message>
    <message>
        <source>How likely the model itself thought this token</source>
        <translation>模型本身认为这个词元有多大可能</translation>
    </message>
    <message>
        <source>sampled</source>
        <translation>采样后</translation>
    </message>
    <message>
        <source>How likely it was after the sampling settings</source>
        <translation>经过采样设置之后它有多大可能</translation>
    </message>
    <message>
        <source>rank</source>
        <translation>排名</translation>
    </message>
    <message>
        <source>1 is the model&apos;s favourite</source>
        <translation>1 是模型最看好的</translation>
    </message>
    <message>
        <source>surprise</source>
        <translation>意外度</translation>
    </message>
    <message>
        <source>Minus log2 of the model&apos;s probability: each bit halves it</source>
        <translation>模型概率的负 log2：每多一比特，概率减半</translation>
    </message>
    <message>
        <source>entropy</source>
        <translation>熵</translation>
    </message>
    <message>
        <source>How undecided the model was: 0 bits is certain</source>
        <translation>模型有多犹豫：0 比特表示完全确定</translation>
    </message>
    <message>
        <source>token</source>
        <translation>词元</translation>
    </message>
    <message>
        <source>The token&apos;s number in the vocabulary</source>
        <translation>该词元在词表中的编号</translation>
    </message>
    <message>
        <source>left</source>
        <translation>剩余</translation>
    </message>
    <message>
        <source>How many tokens the sampling settings leave to draw from</source>
        <translation>采样设置留下多少个词元可供抽取</translation>
    </message>
    <message>
        <source>weights</source>
        <translation>权重</translation>
    </message>
    <message>
        <source>{n} tokens</source>
        <translation>{n} 个词元</translation>
    </message>
    <message>
        <source>1 token</source>
        <translation>1 个词元</translation>
    </message>
    <message>
        <source>What could come next here.</source>
        <translation>这里接下来可能是什么。</translation>
    </message>
    <message>
        <source>(one in {n})</source>
        <translation>（{n} 分之一）</translation>
    </message>
    <message>
        <source>{bits} bits</source>
        <translation>{bits} 比特</translation>
    </message>
</context>
<context>
    <name>Transfer</name>
    <message>
        <source>Import texts</source>
        <translation>导入文本</translation>
    </message>
    <message>
        <source>Texts and sessions ({patterns})</source>
        <translation>文本和会话（{patterns}）</translation>
    </message>
    <message>
        <source>There is no text yet</source>
        <translation>还没有正文</translation>
    </message>
    <message>
        <source>Nothing is selected</source>
        <translation>没有选中文字</translation>
    </message>
    <message>
        <source>1 variant</source>
        <translation>1 个变体</translation>
    </message>
    <message>
        <source>{n} variants</source>
        <translation>{n} 个变体</translation>
    </message>
    <message>
        <source>1 step</source>
        <translation>1 步</translation>
    </message>
    <message>
        <source>{n} steps</source>
        <translation>{n} 步</translation>
    </message>
    <message>
        <source>1 session, {characters} characters</source>
        <translation>1 个会话，{characters} 个字符</translation>
    </message>
    <message>
        <source>{n} sessions, {characters} characters</source>
        <translation>{n} 个会话，{characters} 个字符</translation>
    </message>
    <message>
        <source>{size}, 1 generation</source>
        <translation>{size}，1 次生成</translation>
    </message>
    <message>
        <source>{size}, {n} generations</source>
        <translation>{size}，{n} 次生成</translation>
    </message>
    <message>
        <source>{n} characters</source>
        <translation>{n} 个字符</translation>
    </message>
    <message>
        <source>{n} words</source>
        <translation>{n} 词</translation>
    </message>
    <message>
        <source>GPT-2 Studio library</source>
        <translation>GPT-2 Studio 文库</translation>
    </message>
    <message>
        <source>Export</source>
        <translation>导出</translation>
    </message>
    <message>
        <source>All files ({patterns})</source>
        <translation>所有文件 ({patterns})</translation>
    </message>
    <message>
        <source>The library is being opened; try again in a moment.</source>
        <translation>正在打开文库，请稍后再试。</translation>
    </message>
    <message>
        <source>Exported to {path}.</source>
        <translation>已导出到 {path}。</translation>
    </message>
    <message>
        <source>Not everything could be read.</source>
        <translation>有些内容无法读取。</translation>
    </message>
    <message>
        <source>The export was cancelled; nothing was written.</source>
        <translation>导出已取消；没有写入任何内容。</translation>
    </message>
    <message>
        <source>Working… {n} of {all}</source>
        <translation>正在处理… {n}/{all}</translation>
    </message>
    <message>
        <source>Working…</source>
        <translation>正在处理…</translation>
    </message>
    <message>
        <source>Cancel</source>
        <translation>取消</translation>
    </message>
    <message>
        <source>Imported: “{title}”.</source>
        <translation>已导入：“{title}”。</translation>
    </message>
    <message>
        <source>Imported: {n} sessions.</source>
        <translation>已导入：{n} 个会话。</translation>
    </message>
    <message>
        <source>{n} files could not be imported.</source>
        <translation>有 {n} 个文件无法导入。</translation>
    </message>
    <message>
        <source>Some things were left out.</source>
        <translation>有些内容没有导入。</translation>
    </message>
    <message>
        <source>Import</source>
        <translation>导入</translation>
    </message>
    <message>
        <source>Session: {title}</source>
        <translation>会话：{title}</translation>
    </message>
    <message>
        <source>Show details</source>
        <translation>查看详情</translation>
    </message>
</context>
<context>
    <name>TrashDialog</name>
    <message>
        <source>Empty the trash</source>
        <translation>清空回收站</translation>
    </message>
    <message>
        <source>{n} sessions, {characters} characters, would be destroyed for good: their texts, everything the model wrote in them, and their history. There is no Undo.</source>
        <translation>将永久销毁 {n} 个会话，共 {characters} 个字符：包括它们的文本、模型写下的全部内容和历史。无法撤销。</translation>
    </message>
    <message>
        <source>One session, {characters} characters, would be destroyed for good: its text, everything the model wrote in it, and its history. There is no Undo.</source>
        <translation>将永久销毁一个会话，共 {characters} 个字符：包括它的文本、模型写下的全部内容和历史。无法撤销。</translation>
    </message>
    <message>
        <source>… and {n} more</source>
        <translation>……还有 {n} 个</translation>
    </message>
    <message>
        <source>&amp;Keep them</source>
        <translation>保留(&amp;K)</translation>
    </message>
    <message>
        <source>Close; nothing is destroyed</source>
        <translation>关闭；不销毁任何内容</translation>
    </message>
    <message>
        <source>&amp;Destroy them…</source>
        <translation>销毁(&amp;D)…</translation>
    </message>
    <message>
        <source>Asks once more</source>
        <translation>会再询问一次</translation>
    </message>
    <message>
        <source>To destroy them, type how many sessions there are: {n}</source>
        <translation>要销毁，请输入会话的数量：{n}</translation>
    </message>
    <message>
        <source>The number of sessions in the trash</source>
        <translation>回收站里会话的数量</translation>
    </message>
    <message>
        <source>&amp;Destroy for good</source>
        <translation>永久销毁(&amp;D)</translation>
    </message>
    <message>
        <source>What is destroyed cannot be brought back</source>
        <translation>销毁的内容无法找回</translation>
    </message>
</context>
<context>
    <name>TreeModel</name>
    <message>
        <source>The beginning</source>
        <translation>开头</translation>
    </message>
    <message>
        <source>This step is damaged.</source>
        <translation>这一步已损坏。</translation>
    </message>
    <message>
        <source>{n} characters removed</source>
        <translation>删除了 {n} 个字符</translation>
    </message>
    <message>
        <source>Before the first word.</source>
        <translation>第一个字之前。</translation>
    </message>
    <message>
        <source>Written by {model}</source>
        <translation>由 {model} 写成</translation>
    </message>
    <message>
        <source>Written by the model</source>
        <translation>由模型写成</translation>
    </message>
    <message>
        <source>Your own step</source>
        <translation>你自己的一步</translation>
    </message>
    <message>
        <source>bookmarked</source>
        <translation>有书签</translation>
    </message>
    <message>
        <source>pruned</source>
        <translation>已剪去</translation>
    </message>
</context>
<context>
    <name>TreePanel</name>
    <message>
        <source>History of this text</source>
        <translation>此文本的历史</translation>
    </message>
    <message>
        <source>Go to this state</source>
        <translation>前往此状态</translation>
    </message>
    <message>
        <source>Name…</source>
        <translation>命名…</translation>
    </message>
    <message>
        <source>Remove bookmark</source>
        <translation>移除书签</translation>
    </message>
    <message>
        <source>Bookmark</source>
        <translation>添加书签</translation>
    </message>
    <message>
        <source>Name this state (F2)</source>
        <translation>给这个状态命名 (F2)</translation>
    </message>
    <message>
        <source>Prune</source>
        <translation>剪枝</translation>
    </message>
    <message>
        <source>Only bookmarks</source>
        <translation>只看书签</translation>
    </message>
    <message>
        <source>List nothing but the states with a bookmark</source>
        <translation>只列出有书签的状态</translation>
    </message>
    <message>
        <source>Show pruned</source>
        <translation>显示已剪</translation>
    </message>
    <message>
        <source>List the pruned branches too; they can be brought back</source>
        <translation>也列出剪去的分支；可以把它们恢复</translation>
    </message>
    <message>
        <source>Every state of this text. Enter goes there, Left is the state before, Right the one after, F2 names it, B bookmarks it, N finds the next bookmark, Delete prunes it.</source>
        <translation>这篇文字的每个状态。回车前往，左键是前一个状态，右键是后一个，F2 命名，B 加书签，N 找下一个书签，Delete 剪枝。</translation>
    </message>
    <message>
        <source>Name this state</source>
        <translation>命名此状态</translation>
    </message>
    <message>
        <source>Name:</source>
        <translation>名称：</translation>
    </message>
    <message>
        <source>Find this state again with N, or by listing only bookmarks (B)</source>
        <translation>按 N 或只看书签，可以再找到这个状态 (B)</translation>
    </message>
    <message>
        <source>Bring back</source>
        <translation>恢复</translation>
    </message>
    <message>
        <source>List this branch again, with all that comes after it (Delete)</source>
        <translation>重新列出这个分支及其后的一切 (Delete)</translation>
    </message>
    <message>
        <source>Hide this state and all that comes after it; nothing is destroyed (Delete)</source>
        <translation>隐藏这个状态及其后的一切；什么都不会销毁 (Delete)</translation>
    </message>
</context>
<context>
    <name>TreePlot</name>
    <message>
        <source>Tree of continuations</source>
        <translation>续写之树</translation>
    </message>
    <message>
        <source>end of text</source>
        <translation>文本结束</translation>
    </message>
    <message>
        <source>node</source>
        <translation>节点</translation>
    </message>
    <message>
        <source>parent</source>
        <translation>父节点</translation>
    </message>
    <message>
        <source>token</source>
        <translation>词元</translation>
    </message>
    <message>
        <source>token id</source>
        <translation>词元编号</translation>
    </message>
    <message>
        <source>log-probability (nats)</source>
        <translation>对数概率（奈特）</translation>
    </message>
    <message>
        <source>cumulative log-probability (nats)</source>
        <translation>累积对数概率（奈特）</translation>
    </message>
    <message>
        <source>cumulative probability</source>
        <translation>累积概率</translation>
    </message>
    <message>
        <source>text so far</source>
        <translation>至此的文字</translation>
    </message>
    <message>
        <source>best text it is part of (0: dropped)</source>
        <translation>所属的最好文本（0：被放弃）</translation>
    </message>
</context>
<context>
    <name>Tuning</name>
    <message>
        <source>Select some words, or put the caret on one; the model must have read them.</source>
        <translation>请选中一些文字，或把光标放在一个词上；模型必须已读过它们。</translation>
    </message>
    <message>
        <source>The passage: “{text}”, 1 token</source>
        <translation>这段文字：“{text}”，1 个词元</translation>
    </message>
    <message>
        <source>The passage: “{text}”, {n} tokens</source>
        <translation>这段文字：“{text}”，{n} 个词元</translation>
    </message>
    <message>
        <source>The model is writing. Ask again when it has finished.</source>
        <translation>模型正在写作。请等它写完再问。</translation>
    </message>
    <message>
        <source>Only its first {n} of {all} tokens were looked at.</source>
        <translation>全段 {all} 个词元中只考察了前 {n} 个。</translation>
    </message>
</context>
<context>
    <name>TuningWords</name>
    <message>
        <source>{setting}: switched off</source>
        <translation>{setting}：关闭</translation>
    </message>
    <message>
        <source>off</source>
        <translation>关</translation>
    </message>
    <message>
        <source>{setting} {before} → {after}</source>
        <translation>{setting} {before} → {after}</translation>
    </message>
    <message>
        <source>average entropy {before} → {after} bits</source>
        <translation>平均熵 {before} → {after} 比特</translation>
    </message>
    <message>
        <source>probability {before} → {after}</source>
        <translation>概率 {before} → {after}</translation>
    </message>
    <message>
        <source>perplexity {before} → {after}</source>
        <translation>困惑度 {before} → {after}</translation>
    </message>
    <message>
        <source>{percent} (one in {n})</source>
        <translation>{percent}（{n} 分之一）</translation>
    </message>
    <message>
        <source>infinite ({n} impossible)</source>
        <translation>无穷大（{n} 个不可能）</translation>
    </message>
    <message>
        <source>1 token stays impossible</source>
        <translation>1 个词元仍不可能</translation>
    </message>
    <message>
        <source>{n} tokens stay impossible</source>
        <translation>{n} 个词元仍不可能</translation>
    </message>
    <message>
        <source>{words} and {n} more become possible</source>
        <translation>{words} 和另外 {n} 个变得可能</translation>
    </message>
    <message>
        <source>{word} becomes possible</source>
        <translation>{word} 变得可能</translation>
    </message>
    <message>
        <source>{words} become possible</source>
        <translation>{words} 变得可能</translation>
    </message>
    <message>
        <source>It is possible already: {prob}. Nothing needs to change.</source>
        <translation>它已经是可能的：{prob}。无需改动。</translation>
    </message>
    <message>
        <source>The settings are already the best of those you ticked.</source>
        <translation>在勾选的范围内，现有设置已经最好。</translation>
    </message>
    <message>
        <source>; </source>
        <comment>between two parts of a sentence</comment>
        <translation>；</translation>
    </message>
    <message>
        <source>{changes}: {told}.</source>
        <translation>{changes}：{told}。</translation>
    </message>
    <message>
        <source>average entropy (bits)</source>
        <translation>平均熵（比特）</translation>
    </message>
    <message>
        <source>probability (%)</source>
        <translation>概率（%）</translation>
    </message>
    <message>
        <source>geometric mean probability (%)</source>
        <translation>几何平均概率（%）</translation>
    </message>
</context>
<context>
    <name>VariantCard</name>
    <message>
        <source>Under the model itself. Per token: the geometric mean of the probabilities. Perplexity is one over that: among how many equally likely tokens the model chose, so to say. Log-probability: of the whole text, in nats.</source>
        <translation>按模型本身的概率计算。每词元：各词元概率的几何平均。困惑度是它的倒数：好比模型每次在多少个同样可能的词元中挑选。对数概率：整段文本的，单位为奈特。</translation>
    </message>
    <message>
        <source>{n} tokens</source>
        <translation>{n} 个词元</translation>
    </message>
    <message>
        <source>1 token</source>
        <translation>1 个词元</translation>
    </message>
    <message>
        <source>{n} · in the text</source>
        <translation>{n} · 在文中</translation>
    </message>
    <message>
        <source>{n} · chosen</source>
        <translation>{n} · 已选定</translation>
    </message>
    <message>
        <source>Variant {name}</source>
        <translation>变体 {name}</translation>
    </message>
    <message>
        <source>{probability} per token · perplexity {perplexity}
log-probability {logprob}</source>
        <translation>每词元 {probability} · 困惑度 {perplexity}
对数概率 {logprob}</translation>
    </message>
    <message>
        <source>writing…</source>
        <translation>写作中…</translation>
    </message>
    <message>
        <source>seed {seed}</source>
        <translation>种子 {seed}</translation>
    </message>
    <message>
        <source>cut short</source>
        <translation>被中断</translation>
    </message>
    <message>
        <source>length reached</source>
        <translation>已达长度</translation>
    </message>
    <message>
        <source>stop string</source>
        <translation>停止字符串</translation>
    </message>
    <message>
        <source>end of text</source>
        <translation>文本结束</translation>
    </message>
    <message>
        <source>complete</source>
        <translation>已完整</translation>
    </message>
    <message>
        <source>stopped</source>
        <translation>已停止</translation>
    </message>
    <message>
        <source>failed</source>
        <translation>失败</translation>
    </message>
    <message>
        <source>chosen by you</source>
        <translation>由您选定</translation>
    </message>
</context>
<context>
    <name>VariantSwitch</name>
    <message>
        <source>Variant {n} of {count}</source>
        <translation>第 {n} 个变体，共 {count} 个</translation>
    </message>
</context>
<context>
    <name>VariantsPanel</name>
    <message>
        <source>Variants</source>
        <translation>变体</translation>
    </message>
    <message>
        <source>Click a variant, press its number, or use the arrows and Enter to take it.</source>
        <translation>点击某个变体、按它的数字键，或用方向键和回车来选用它。</translation>
    </message>
    <message>
        <source>Continue with several (Ctrl+Shift+Enter) or Retry: the variants appear here side by side.</source>
        <translation>使用“续写多份”（Ctrl+Shift+Enter）或“重试”，各个变体会并排显示在这里。</translation>
    </message>
</context>
<context>
    <name>ViewBar</name>
    <message>
        <source>Sessions</source>
        <translation>会话</translation>
    </message>
    <message>
        <source>Archive</source>
        <translation>归档</translation>
    </message>
    <message>
        <source>Trash</source>
        <translation>回收站</translation>
    </message>
    <message>
        <source>Last changed first</source>
        <translation>最近修改的在前</translation>
    </message>
    <message>
        <source>Newest first</source>
        <translation>最新创建的在前</translation>
    </message>
    <message>
        <source>By title</source>
        <translation>按标题</translation>
    </message>
    <message>
        <source>Choose what is listed: sessions, archive, trash, or those with a tag</source>
        <translation>选择列出什么：会话、归档、回收站，或带某个标签的会话</translation>
    </message>
    <message>
        <source>Order of the list</source>
        <translation>列表的顺序</translation>
    </message>
    <message>
        <source>Empty the trash</source>
        <translation>清空回收站</translation>
    </message>
    <message>
        <source>Destroy the sessions in the trash for good; you are asked twice</source>
        <translation>永久销毁回收站里的会话；会询问两次</translation>
    </message>
    <message>
        <source>Order: {order}</source>
        <translation>顺序：{order}</translation>
    </message>
</context>
<context>
    <name>Waterfall</name>
    <message>
        <source>Stages of the sampling chain</source>
        <translation>采样链的各级</translation>
    </message>
    <message>
        <source>From the model&apos;s own distribution down, stage by stage, to the one a token is drawn from. The bar is how many tokens are left, on a logarithmic scale; stages that are off are not shown. Enter goes to a stage&apos;s setting.</source>
        <translation>从模型自身的分布开始，逐级向下，直到抽取词元的分布。横条是剩余词元的数量（对数刻度）；关闭的级不显示。按回车转到该级的设置。</translation>
    </message>
</context>
<context>
    <name>WaterfallModel</name>
    <message>
        <source>The model itself</source>
        <translation>模型本身</translation>
    </message>
    <message>
        <source>{n} tokens</source>
        <translation>{n} 个词元</translation>
    </message>
    <message>
        <source>{n} left</source>
        <translation>剩 {n} 个</translation>
    </message>
    <message>
        <source>entropy {bits} bits</source>
        <translation>熵 {bits} 比特</translation>
    </message>
    <message>
        <source>nothing to do here</source>
        <translation>此处无事可做</translation>
    </message>
    <message>
        <source>removes {share}</source>
        <translation>去掉 {share}</translation>
    </message>
    <message>
        <source>moves {share}</source>
        <translation>移动 {share}</translation>
    </message>
    <message>
        <source>{before} → {after} bits</source>
        <translation>{before} → {after} 比特</translation>
    </message>
    <message>
        <source>✕ removed here</source>
        <translation>✕ 在此去掉</translation>
    </message>
    <message>
        <source>Every token the model knows, and how undecided it was before any setting: 0 bits is certain, each further bit twice as many choices.</source>
        <translation>模型认识的所有词元，以及任何设置之前它有多犹豫：0 比特为确定，每多一比特，选择就多一倍。</translation>
    </message>
    <message>
        <source>“Removes” is the probability of what it cut off; “moves” how much probability changed hands among the tokens that are left; bits are the entropy before and after. Enter goes to its setting.</source>
        <translation>“去掉”是被切除部分的概率；“移动”是剩下的词元之间转手的概率；比特是前后的熵。按回车转到它的设置。</translation>
    </message>
</context>
<context>
    <name>Weaving</name>
    <message>
        <source>The model is writing. The tree grows at the caret when it has finished.</source>
        <translation>模型正在写作。写完后，树会在光标处生长。</translation>
    </message>
    <message>
        <source>Write a few words. Here you will see what the model would most probably go on with, as a tree, and can take a path of it into your text.</source>
        <translation>先写几个词。这里会以树的形式显示模型最可能的续写，你可以把其中一条路径写入正文。</translation>
    </message>
    <message>
        <source>Growing…</source>
        <translation>正在生长…</translation>
    </message>
    <message>
        <source>Take this path into the text first; the tree then grows on from its end.</source>
        <translation>请先把这条路径写入正文；树会从它的末端继续生长。</translation>
    </message>
    <message>
        <source>1 word</source>
        <translation>1 个词</translation>
    </message>
    <message>
        <source>{n} words, likeliest first</source>
        <translation>{n} 个词，最可能的在前</translation>
    </message>
    <message>
        <source>The text cannot be changed right now.</source>
        <translation>现在不能修改正文。</translation>
    </message>
    <message>
        <source>The text has changed since; the tree grows anew. Choose again.</source>
        <translation>正文已有改动，树正在重新生长。请重新选择。</translation>
    </message>
</context>
<context>
    <name>WeightBars</name>
    <message>
        <source>What mattered</source>
        <translation>什么起了作用</translation>
    </message>
    <message>
        <source>▲ and a bar to the right: without it the word would have been less likely. ▼ and a bar to the left: it would have been more likely. Measured in nats of log-probability: 0.7 nats double or halve the probability. For single tokens this is an estimate (gradient times input); for sentences it is measured, by reading the text again without them.</source>
        <translation>▲ 和向右的条：没有它，这个词的可能性会更小。▼ 和向左的条：没有它，可能性会更大。单位是对数概率的 nat：0.7 nat 使概率翻倍或减半。对单个词元这是估计值（梯度乘以输入）；对句子则是实测，即删去它重读文本。</translation>
    </message>
    <message>
        <source>“{words}” spoke for it: {nats} nats.</source>
        <translation>“{words}”支持它：{nats} nat。</translation>
    </message>
    <message>
        <source>“{words}” spoke against it: {nats} nats.</source>
        <translation>“{words}”反对它：{nats} nat。</translation>
    </message>
</context>
<context>
    <name>WordsView</name>
    <message>
        <source>Leave out one sentence</source>
        <translation>逐句删去</translation>
    </message>
    <message>
        <source>Read the text again without each sentence in turn, and see how much less likely this word becomes; exact, and it takes a while</source>
        <translation>依次删去每一句重读文本，看这个词的可能性降低多少；结果精确，但需要一些时间</translation>
    </message>
    <message>
        <source>What mattered (nats)</source>
        <translation>什么起了作用（nat）</translation>
    </message>
    <message>
        <source>How far it is</source>
        <translation>进度</translation>
    </message>
    <message>
        <source>Stop</source>
        <translation>停止</translation>
    </message>
    <message>
        <source>Show what has been weighed so far</source>
        <translation>显示目前已衡量的部分</translation>
    </message>
    <message>
        <source>Its probability here is {probability}.</source>
        <translation>它在这里的概率是 {probability}。</translation>
    </message>
    <message>
        <source>Stopped: {n} sentences were not weighed.</source>
        <translation>已停止：有 {n} 句没有衡量。</translation>
    </message>
</context>
<context>
    <name>Writing</name>
    <message>
        <source>The model is loading; writing starts as soon as it is ready.</source>
        <translation>模型正在加载；就绪后立即开始写作。</translation>
    </message>
    <message>
        <source>The model is loading.</source>
        <translation>模型正在加载。</translation>
    </message>
    <message>
        <source>No model is loaded. Continue loads it again; Model → Models… has others.</source>
        <translation>没有加载模型。“续写”会重新加载；“模型 → 模型…”中有其他模型。</translation>
    </message>
    <message>
        <source>Reading the text…</source>
        <translation>正在阅读文字…</translation>
    </message>
    <message>
        <source>Writing…</source>
        <translation>正在写作…</translation>
    </message>
    <message>
        <source>This model&apos;s window holds {context} tokens, so it writes {n} at most.</source>
        <translation>这个模型的窗口有 {context} 个词元，所以最多写 {n} 个。</translation>
    </message>
    <message>
        <source>Writing… Here the pattern rules out {percent} of what the model thinks likely.</source>
        <translation>正在写作…… 此处格式排除了模型认为可能的内容的 {percent}。</translation>
    </message>
    <message>
        <source>The model thinks the text ends here and wrote nothing.</source>
        <translation>模型认为文本到此结束，没有再写。</translation>
    </message>
    <message>
        <source>The first words were a stop string, so nothing was inserted.</source>
        <translation>最先写出的就是停止字符串，因此没有插入任何内容。</translation>
    </message>
</context>
<context>
    <name>XrayPage</name>
    <message>
        <source>X-ray of the sampling settings</source>
        <translation>采样设置的 X 光</translation>
    </message>
    <message>
        <source>Show the effect on the text</source>
        <translation>在文中显示效果</translation>
    </message>
    <message>
        <source>Strikes out in the text what could not have been written with these settings. Ctrl+Shift+X</source>
        <translation>在文中划掉用这些设置写不出来的词。Ctrl+Shift+X</translation>
    </message>
    <message>
        <source>Compute the rest</source>
        <translation>计算其余部分</translation>
    </message>
    <message>
        <source>Run the model over the words whose numbers are not in memory any more</source>
        <translation>让模型重新读那些数字已不在内存中的词</translation>
    </message>
    <message>
        <source>Words that would change</source>
        <translation>会改变的词</translation>
    </message>
    <message>
        <source>Written again with the same seed, chance is the same for every token: only these words change, and each says why. Enter goes to a word.</source>
        <translation>用同一种子重写时，每个词元的机遇相同：只有这些词会改变，并各自说明原因。按回车转到该词。</translation>
    </message>
    <message>
        <source>What would change</source>
        <translation>会有什么改变</translation>
    </message>
    <message>
        <source>Put the caret into the text, or the mouse on a word, to see how its settings shaped it.</source>
        <translation>把光标放进文本，或把鼠标移到一个词上，就能看到设置如何影响了它。</translation>
    </message>
    <message>
        <source>The next token</source>
        <translation>下一个词元</translation>
    </message>
    <message>
        <source>“{token}”: {own} from the model, removed by {stage}</source>
        <translation>“{token}”：模型给 {own}，被{stage}去掉</translation>
    </message>
    <message>
        <source>“{token}”: {own} from the model, {after} after the settings</source>
        <translation>“{token}”：模型给 {own}，经设置后 {after}</translation>
    </message>
    <message>
        <source>Put the caret into words that the model wrote, and change a setting.</source>
        <translation>把光标放进模型写的词里，再改动一项设置。</translation>
    </message>
    <message>
        <source>Its own settings do not draw this run again: another version of the app wrote it. This is what both would do now.</source>
        <translation>它自己的设置不再抽出这段文字：它由本应用的另一版本写成。下面是两者现在的结果。</translation>
    </message>
    <message>
        <source>{n} of {total} tokens change. Up to the first one the text stays exactly as it is; the others are what changes if all before them stays.</source>
        <translation>{total} 个词元中有 {n} 个改变。第一个之前的文字完全不变；其余是在前文都不变时会改变的。</translation>
    </message>
    <message>
        <source>Nothing: the same seed writes the same text with these settings.</source>
        <translation>没有：用这些设置，同一种子写出同样的文字。</translation>
    </message>
    <message>
        <source>What would be taken back only because of words that are new after a change is not followed.</source>
        <translation>若只因改动后出现的新词才会回退，这里不再追踪。</translation>
    </message>
    <message>
        <source>{stage} removes “{old}”</source>
        <translation>{stage}去掉了“{old}”</translation>
    </message>
    <message>
        <source>“{old}” {before} → {after}, “{new}” {new_before} → {new_after}</source>
        <translation>“{old}” {before} → {after}，“{new}” {new_before} → {new_after}</translation>
    </message>
    <message>
        <source>Token {n}</source>
        <translation>词元 {n}</translation>
    </message>
    <message>
        <source>{number}: “{old}” → “{new}”</source>
        <translation>{number}：“{old}” → “{new}”</translation>
    </message>
    <message>
        <source> – here the text parts</source>
        <translation> – 文字在此分开</translation>
    </message>
</context>
<context>
    <name>_CrashReporter</name>
    <message>
        <source>An unexpected error occurred. You can go on writing.</source>
        <translation>发生了意外错误。你可以继续写作。</translation>
    </message>
</context>
<context>
    <name>actions</name>
    <message>
        <source>&amp;New session</source>
        <translation>新建会话(&amp;N)</translation>
    </message>
    <message>
        <source>Start an empty text; this one stays in the list</source>
        <translation>开始一篇空白文字；当前这篇留在列表中</translation>
    </message>
    <message>
        <source>&amp;Rename session…</source>
        <translation>重命名会话(&amp;R)…</translation>
    </message>
    <message>
        <source>Give this session a name</source>
        <translation>给这个会话取名</translation>
    </message>
    <message>
        <source>&amp;Delete session</source>
        <translation>删除会话(&amp;D)</translation>
    </message>
    <message>
        <source>Take this session out of the list; it can be brought back at once</source>
        <translation>把这个会话移出列表；可以立即恢复</translation>
    </message>
    <message>
        <source>&amp;Pin to the top</source>
        <translation>置顶(&amp;P)</translation>
    </message>
    <message>
        <source>Keep this session at the top of the list</source>
        <translation>让这个会话一直排在列表最上面</translation>
    </message>
    <message>
        <source>&amp;Tags…</source>
        <translation>标签(&amp;T)…</translation>
    </message>
    <message>
        <source>Give this session tags to find it by</source>
        <translation>给这个会话加上便于查找的标签</translation>
    </message>
    <message>
        <source>D&amp;uplicate</source>
        <translation>创建副本(&amp;U)</translation>
    </message>
    <message>
        <source>Make a copy of this session, with its whole history, and open it</source>
        <translation>连同全部历史复制这个会话，并打开副本</translation>
    </message>
    <message>
        <source>&amp;Archive</source>
        <translation>归档(&amp;A)</translation>
    </message>
    <message>
        <source>Take this session off the list, or put it back; it stays in the library</source>
        <translation>把这个会话移出列表或放回列表；它始终留在资料库里</translation>
    </message>
    <message>
        <source>Rest&amp;ore from the trash</source>
        <translation>从回收站还原(&amp;O)</translation>
    </message>
    <message>
        <source>Put a deleted session back on the list</source>
        <translation>把删除的会话放回列表</translation>
    </message>
    <message>
        <source>&amp;Filter the list</source>
        <translation>筛选列表(&amp;F)</translation>
    </message>
    <message>
        <source>Put the keyboard into the field above the list of sessions</source>
        <translation>把光标放进会话列表上方的输入框</translation>
    </message>
    <message>
        <source>&amp;List the sessions</source>
        <translation>列出会话(&amp;L)</translation>
    </message>
    <message>
        <source>Show the sessions in the list</source>
        <translation>在列表中显示会话</translation>
    </message>
    <message>
        <source>List the archi&amp;ve</source>
        <translation>列出归档(&amp;V)</translation>
    </message>
    <message>
        <source>Show the archived sessions in the list</source>
        <translation>在列表中显示归档的会话</translation>
    </message>
    <message>
        <source>List the tras&amp;h</source>
        <translation>列出回收站(&amp;H)</translation>
    </message>
    <message>
        <source>Show the deleted sessions in the list</source>
        <translation>在列表中显示删除的会话</translation>
    </message>
    <message>
        <source>&amp;Empty trash…</source>
        <translation>清空回收站(&amp;E)…</translation>
    </message>
    <message>
        <source>Destroy the deleted sessions for good; you are asked twice</source>
        <translation>永久销毁删除的会话；会询问两次</translation>
    </message>
    <message>
        <source>&amp;Save now</source>
        <translation>立即保存(&amp;S)</translation>
    </message>
    <message>
        <source>Everything is saved as you write; this does it at once</source>
        <translation>一切都会边写边保存；这里立即保存</translation>
    </message>
    <message>
        <source>&amp;Export…</source>
        <translation>导出…(&amp;E)</translation>
    </message>
    <message>
        <source>Write this session to a file: text, Markdown, web page, Word, e-book, JSON and more</source>
        <translation>将此会话写入文件：文本、Markdown、网页、Word、电子书、JSON 等</translation>
    </message>
    <message>
        <source>Export coloured te&amp;xt…</source>
        <translation>导出着色文本(&amp;X)…</translation>
    </message>
    <message>
        <source>Write the text with its heat colours and every word&apos;s numbers to a web page</source>
        <translation>把文本连同热度颜色和每个词的数值写成网页</translation>
    </message>
    <message>
        <source>&amp;Import…</source>
        <translation>导入…(&amp;I)</translation>
    </message>
    <message>
        <source>Make a session of a text, a Word document, or another program&apos;s save file</source>
        <translation>用文本、Word 文档或其他程序的存档文件创建会话</translation>
    </message>
    <message>
        <source>&amp;Backups…</source>
        <translation>备份(&amp;B)…</translation>
    </message>
    <message>
        <source>See the backups of your texts, make one, or restore one beside them</source>
        <translation>查看文稿的备份、制作一份，或在旁边恢复一份</translation>
    </message>
    <message>
        <source>&amp;Quit</source>
        <translation>退出(&amp;Q)</translation>
    </message>
    <message>
        <source>Save and close the app</source>
        <translation>保存并关闭程序</translation>
    </message>
    <message>
        <source>&amp;Undo</source>
        <translation>撤销(&amp;U)</translation>
    </message>
    <message>
        <source>Take back the last step; a whole generation is one step</source>
        <translation>撤回上一步；一次生成算一步</translation>
    </message>
    <message>
        <source>&amp;Redo</source>
        <translation>重做(&amp;R)</translation>
    </message>
    <message>
        <source>Do again what was taken back</source>
        <translation>重新执行撤回的步骤</translation>
    </message>
    <message>
        <source>Cu&amp;t</source>
        <translation>剪切(&amp;T)</translation>
    </message>
    <message>
        <source>Cut the selected text</source>
        <translation>剪切选中的文字</translation>
    </message>
    <message>
        <source>&amp;Copy</source>
        <translation>复制(&amp;C)</translation>
    </message>
    <message>
        <source>Copy the selected text</source>
        <translation>复制选中的文字</translation>
    </message>
    <message>
        <source>&amp;Paste</source>
        <translation>粘贴(&amp;P)</translation>
    </message>
    <message>
        <source>Insert the clipboard&apos;s text</source>
        <translation>插入剪贴板中的文字</translation>
    </message>
    <message>
        <source>Select &amp;all</source>
        <translation>全选(&amp;A)</translation>
    </message>
    <message>
        <source>Select the whole text</source>
        <translation>选中全文</translation>
    </message>
    <message>
        <source>&amp;Find…</source>
        <translation>查找(&amp;F)…</translation>
    </message>
    <message>
        <source>Find words in this text</source>
        <translation>在本文中查找词语</translation>
    </message>
    <message>
        <source>Find &amp;next</source>
        <translation>查找下一处(&amp;N)</translation>
    </message>
    <message>
        <source>Go to the next place found</source>
        <translation>转到找到的下一处</translation>
    </message>
    <message>
        <source>Find pre&amp;vious</source>
        <translation>查找上一处(&amp;V)</translation>
    </message>
    <message>
        <source>Go to the place found before</source>
        <translation>转到找到的上一处</translation>
    </message>
    <message>
        <source>Find and r&amp;eplace…</source>
        <translation>查找和替换(&amp;E)…</translation>
    </message>
    <message>
        <source>Find words in this text and put others in their place</source>
        <translation>在本文中查找词句，并换成别的</translation>
    </message>
    <message>
        <source>Find an&amp;ything…</source>
        <translation>查找任何内容(&amp;Y)…</translation>
    </message>
    <message>
        <source>Find an action, a session, or words in any of your texts</source>
        <translation>查找操作、会话，或任何一篇文字中的词句</translation>
    </message>
    <message>
        <source>Insert &amp;end-of-text token</source>
        <translation>插入文本结束词元(&amp;E)</translation>
    </message>
    <message>
        <source>Insert the token that ends a text for the model, not the characters</source>
        <translation>插入对模型而言表示文本结束的词元，而不是那些字符</translation>
    </message>
    <message>
        <source>&amp;Continue</source>
        <translation>续写(&amp;C)</translation>
    </message>
    <message>
        <source>Let the model write on from the caret</source>
        <translation>让模型从光标处继续写</translation>
    </message>
    <message>
        <source>Continue with se&amp;veral</source>
        <translation>续写多份(&amp;V)</translation>
    </message>
    <message>
        <source>Let the model write several continuations at once, side by side; all are kept</source>
        <translation>让模型同时续写多份，并排比较；全部保留</translation>
    </message>
    <message>
        <source>&amp;Retry</source>
        <translation>重试(&amp;R)</translation>
    </message>
    <message>
        <source>Replace the last generation by another; the earlier one is kept</source>
        <translation>用新的生成替换上一次生成；先前的会保留</translation>
    </message>
    <message>
        <source>&amp;Previous variant</source>
        <translation>上一个变体(&amp;P)</translation>
    </message>
    <message>
        <source>Show the variant before, with what follows it there</source>
        <translation>显示前一个变体及其后续内容</translation>
    </message>
    <message>
        <source>&amp;Next variant</source>
        <translation>下一个变体(&amp;N)</translation>
    </message>
    <message>
        <source>Show the variant after, with what follows it there</source>
        <translation>显示后一个变体及其后续内容</translation>
    </message>
    <message>
        <source>Pr&amp;une this branch</source>
        <translation>剪去这个分支(&amp;U)</translation>
    </message>
    <message>
        <source>Hide this state and all that comes after it; it can be brought back</source>
        <translation>隐藏这个状态及其后的一切；可以恢复</translation>
    </message>
    <message>
        <source>&amp;Stop</source>
        <translation>停止(&amp;S)</translation>
    </message>
    <message>
        <source>Stop writing; what is there stays</source>
        <translation>停止写作；已写出的保留</translation>
    </message>
    <message>
        <source>&amp;Models…</source>
        <translation>模型…(&amp;M)</translation>
    </message>
    <message>
        <source>See all models, choose one to write with, and look after them</source>
        <translation>查看所有模型，选一个来写作，并管理它们</translation>
    </message>
    <message>
        <source>&amp;Unload the model</source>
        <translation>卸载模型(&amp;U)</translation>
    </message>
    <message>
        <source>Give the model&apos;s memory back; Continue loads it again</source>
        <translation>释放模型占用的内存；“续写”会重新加载</translation>
    </message>
    <message>
        <source>&amp;Open model folder…</source>
        <translation>打开模型文件夹(&amp;O)…</translation>
    </message>
    <message>
        <source>Write with another GPT-2 model from a folder on this computer</source>
        <translation>用这台电脑上某个文件夹中的其他 GPT-2 模型写作</translation>
    </message>
    <message>
        <source>Downl&amp;oad a model…</source>
        <translation>下载模型(&amp;O)…</translation>
    </message>
    <message>
        <source>Fetch a model from the Hugging Face Hub; nothing is connected to before you say so</source>
        <translation>从 Hugging Face Hub 下载模型；在你同意之前不会连接任何地方</translation>
    </message>
    <message>
        <source>&amp;Import model…</source>
        <translation>导入模型(&amp;I)…</translation>
    </message>
    <message>
        <source>Put a model from a file on this computer on the shelf: safetensors, GGUF, or an old checkpoint</source>
        <translation>把本机文件中的模型放上模型架：safetensors、GGUF 或旧的检查点</translation>
    </message>
    <message>
        <source>Import model &amp;folder…</source>
        <translation>导入模型文件夹(&amp;F)…</translation>
    </message>
    <message>
        <source>Put a copy of a model&apos;s folder on the shelf; nothing of it is run</source>
        <translation>把模型文件夹的副本放上模型架；不运行其中任何内容</translation>
    </message>
    <message>
        <source>E&amp;xport model…</source>
        <translation>导出模型(&amp;X)…</translation>
    </message>
    <message>
        <source>Write the model that writes as a GGUF file for llama.cpp, or as a folder for other programs</source>
        <translation>把正在写作的模型写成供 llama.cpp 使用的 GGUF 文件，或供其他程序使用的文件夹</translation>
    </message>
    <message>
        <source>Use the &amp;starter model</source>
        <translation>使用入门模型(&amp;S)</translation>
    </message>
    <message>
        <source>Write with the small model that ships with the app</source>
        <translation>用随程序提供的小模型写作</translation>
    </message>
    <message>
        <source>Op&amp;timise model…</source>
        <translation>优化模型(&amp;T)…</translation>
    </message>
    <message>
        <source>Make a smaller or faster model of one, beside it: fewer bits, layers, heads, neurons or tokens</source>
        <translation>由一个模型另做一个更小或更快的：更少的位、层、头、神经元或词元</translation>
    </message>
    <message>
        <source>&amp;Precision…</source>
        <translation>精度(&amp;P)…</translation>
    </message>
    <message>
        <source>Choose how exactly the model computes, and see what that costs and brings</source>
        <translation>选择模型计算的精确程度，并查看其代价与收益</translation>
    </message>
    <message>
        <source>&amp;Draft ahead</source>
        <translation>预先起草(&amp;D)</translation>
    </message>
    <message>
        <source>Guess the next words and check several at once: faster where the text repeats itself. The text stays the same to the letter</source>
        <translation>先猜后面的词，再一次核对好几个：文字有重复时更快。写出的文字一字不差</translation>
    </message>
    <message>
        <source>Draft with a s&amp;maller model…</source>
        <translation>用更小的模型起草(&amp;M)…</translation>
    </message>
    <message>
        <source>Let a smaller model with the same vocabulary guess too; every word is still the chosen model&apos;s own</source>
        <translation>让词表相同的更小模型也来猜；每个词仍由所选模型决定</translation>
    </message>
    <message>
        <source>Draft &amp;without a smaller model</source>
        <translation>不用更小的模型起草(&amp;W)</translation>
    </message>
    <message>
        <source>Guess only from what the text has said before</source>
        <translation>只根据文中出现过的内容来猜</translation>
    </message>
    <message>
        <source>&amp;Sessions</source>
        <translation>会话(&amp;S)</translation>
    </message>
    <message>
        <source>Show or hide the sessions</source>
        <translation>显示或隐藏会话</translation>
    </message>
    <message>
        <source>S&amp;ampling</source>
        <translation>采样(&amp;A)</translation>
    </message>
    <message>
        <source>Show or hide the sampling settings</source>
        <translation>显示或隐藏采样设置</translation>
    </message>
    <message>
        <source>&amp;Probabilities</source>
        <translation>概率(&amp;P)</translation>
    </message>
    <message>
        <source>Show or hide the token probabilities</source>
        <translation>显示或隐藏词元概率</translation>
    </message>
    <message>
        <source>Go to the a&amp;lternatives</source>
        <translation>转到备选词元(&amp;L)</translation>
    </message>
    <message>
        <source>Put the keyboard into the list of what else could have been written</source>
        <translation>把键盘焦点移到备选词元列表</translation>
    </message>
    <message>
        <source>What could come ne&amp;xt</source>
        <translation>接下来可能是什么(&amp;X)</translation>
    </message>
    <message>
        <source>In the Token tab, show what could come after the token instead of what could stand in its place</source>
        <translation>在“词元”页中显示这个词元之后可能出现什么，而不是它的位置上还可能是什么</translation>
    </message>
    <message>
        <source>Go to the &amp;history</source>
        <translation>转到历史(&amp;H)</translation>
    </message>
    <message>
        <source>Put the keyboard into the tree of what this text has been</source>
        <translation>将键盘焦点移到此文本的历史树</translation>
    </message>
    <message>
        <source>Go to the &amp;variants</source>
        <translation>转到变体(&amp;V)</translation>
    </message>
    <message>
        <source>Put the keyboard into the variants: arrows and Enter, or a number, take one</source>
        <translation>把键盘焦点移到变体：用方向键和回车，或按数字键选用一个</translation>
    </message>
    <message>
        <source>Go to the origi&amp;n</source>
        <translation>转到来历(&amp;N)</translation>
    </message>
    <message>
        <source>Say who wrote the words under the caret, with which model and settings, and when</source>
        <translation>说明光标处的文字是谁写的、用哪个模型和设置、何时写的</translation>
    </message>
    <message>
        <source>R&amp;eproduce this</source>
        <translation>重现这一段(&amp;E)</translation>
    </message>
    <message>
        <source>Run the generation under the caret again and compare; the text is not touched</source>
        <translation>把光标处的这次生成再跑一遍并比较；不改动正文</translation>
    </message>
    <message>
        <source>Co&amp;mpare…</source>
        <translation>比较(&amp;M)…</translation>
    </message>
    <message>
        <source>See where two models, or two settings, disagree about this text</source>
        <translation>看看两个模型或两套设置对这篇文字的看法在哪里不同</translation>
    </message>
    <message>
        <source>Go to the &amp;X-ray</source>
        <translation>转到 X 光(&amp;X)</translation>
    </message>
    <message>
        <source>Show stage by stage what the sampling settings do to the word under the caret</source>
        <translation>逐级显示采样设置对光标处的词做了什么</translation>
    </message>
    <message>
        <source>Show the e&amp;ffect on the text</source>
        <translation>在文中显示效果(&amp;F)</translation>
    </message>
    <message>
        <source>Strike out the words that could not have been written with these sampling settings</source>
        <translation>划掉用这些采样设置写不出来的词</translation>
    </message>
    <message>
        <source>Go to the p&amp;resets</source>
        <translation>转到预设(&amp;R)</translation>
    </message>
    <message>
        <source>Put the keyboard into the sampling presets</source>
        <translation>把键盘焦点移到采样预设</translation>
    </message>
    <message>
        <source>Go &amp;inside the model</source>
        <translation>查看模型内部(&amp;I)</translation>
    </message>
    <message>
        <source>Show what the model looked at for the word at the caret, what its layers would have said, and what mattered</source>
        <translation>显示模型为光标处的词看了什么，它的各层会说什么，以及什么起了作用</translation>
    </message>
    <message>
        <source>&amp;Colour by origin</source>
        <translation>按来源着色(&amp;C)</translation>
    </message>
    <message>
        <source>Show which words were generated and which are your own</source>
        <translation>显示哪些词是生成的，哪些是你自己写的</translation>
    </message>
    <message>
        <source>&amp;Heat colours</source>
        <translation>热度着色(&amp;H)</translation>
    </message>
    <message>
        <source>Colour every word by what the model thought of it, or stop doing so</source>
        <translation>按模型的看法给每个词着色，或取消着色</translation>
    </message>
    <message>
        <source>Ne&amp;xt kind of heat</source>
        <translation>下一种热度(&amp;X)</translation>
    </message>
    <message>
        <source>Colour by the next: probability, rank, entropy, surprisal, origin</source>
        <translation>换下一种着色：概率、排名、熵、惊异度、来源</translation>
    </message>
    <message>
        <source>Surprisal ri&amp;bbon</source>
        <translation>惊异度长条(&amp;B)</translation>
    </message>
    <message>
        <source>Show how surprising the whole text is, in a strip beside it</source>
        <translation>在文字旁的长条里显示全文有多令人意外</translation>
    </message>
    <message>
        <source>Go to the cur&amp;ve</source>
        <translation>转到曲线(&amp;V)</translation>
    </message>
    <message>
        <source>Put the keyboard into the curve of surprisal, entropy and rank along the text</source>
        <translation>把键盘移到全文的惊异度、熵和排名曲线</translation>
    </message>
    <message>
        <source>Read the &amp;whole text</source>
        <translation>读完全文(&amp;W)</translation>
    </message>
    <message>
        <source>Let the model read all of a long text, not just what is around the caret; again: stop</source>
        <translation>让模型读完很长的文字，而不只是光标附近；再按一次停止</translation>
    </message>
    <message>
        <source>Go to the loo&amp;m</source>
        <translation>转到织机(&amp;M)</translation>
    </message>
    <message>
        <source>Show what the model would most probably write at the caret, as a tree, and put the keyboard there</source>
        <translation>以树的形式显示模型在光标处最可能写出的内容，并把键盘焦点移到那里</translation>
    </message>
    <message>
        <source>Go to the &amp;beam search</source>
        <translation>转到束搜索(&amp;B)</translation>
    </message>
    <message>
        <source>Show what the last beam search weighed, as a tree, and put the keyboard there</source>
        <translation>以树的形式显示上一次束搜索权衡过的内容，并把键盘焦点移到那里</translation>
    </message>
    <message>
        <source>Find settin&amp;gs…</source>
        <translation>寻找设置(&amp;G)…</translation>
    </message>
    <message>
        <source>Find the sampling settings that make the selected words likely, or a word possible</source>
        <translation>寻找能让所选文字更可能出现、或让某个词变得可能的采样设置</translation>
    </message>
    <message>
        <source>&amp;Focus mode</source>
        <translation>专注模式(&amp;F)</translation>
    </message>
    <message>
        <source>Nothing but the text</source>
        <translation>只显示正文</translation>
    </message>
    <message>
        <source>F&amp;ull screen</source>
        <translation>全屏(&amp;U)</translation>
    </message>
    <message>
        <source>Use the whole screen</source>
        <translation>占满整个屏幕</translation>
    </message>
    <message>
        <source>Zoom &amp;in</source>
        <translation>放大(&amp;I)</translation>
    </message>
    <message>
        <source>Larger text</source>
        <translation>放大文字</translation>
    </message>
    <message>
        <source>Zoom &amp;out</source>
        <translation>缩小(&amp;O)</translation>
    </message>
    <message>
        <source>Smaller text</source>
        <translation>缩小文字</translation>
    </message>
    <message>
        <source>Normal si&amp;ze</source>
        <translation>正常大小(&amp;Z)</translation>
    </message>
    <message>
        <source>The text at its normal size</source>
        <translation>文字恢复正常大小</translation>
    </message>
    <message>
        <source>&amp;Keyboard shortcuts</source>
        <translation>键盘快捷键(&amp;K)</translation>
    </message>
    <message>
        <source>All shortcuts on one page</source>
        <translation>一页列出所有快捷键</translation>
    </message>
    <message>
        <source>&amp;Performance…</source>
        <translation>性能(&amp;P)…</translation>
    </message>
    <message>
        <source>How fast the model is on this computer, and how much memory it takes</source>
        <translation>模型在这台电脑上有多快，占用多少内存</translation>
    </message>
    <message>
        <source>&amp;About GPT-2 Studio</source>
        <translation>关于 GPT-2 Studio(&amp;A)</translation>
    </message>
    <message>
        <source>Version, where your texts are kept, licences</source>
        <translation>版本、文字保存的位置、许可证</translation>
    </message>
    <message>
        <source>&amp;File</source>
        <translation>文件(&amp;F)</translation>
    </message>
    <message>
        <source>&amp;Edit</source>
        <translation>编辑(&amp;E)</translation>
    </message>
    <message>
        <source>&amp;Session</source>
        <translation>会话(&amp;S)</translation>
    </message>
    <message>
        <source>&amp;Write</source>
        <translation>写作(&amp;W)</translation>
    </message>
    <message>
        <source>&amp;Model</source>
        <translation>模型(&amp;M)</translation>
    </message>
    <message>
        <source>&amp;View</source>
        <translation>视图(&amp;V)</translation>
    </message>
    <message>
        <source>&amp;Help</source>
        <translation>帮助(&amp;H)</translation>
    </message>
</context>
<context>
    <name>catalogue</name>
    <message>
        <source>The smallest of OpenAI&apos;s four: quick on any computer, and what most has been written about.</source>
        <translation>OpenAI 四个模型中最小的一个：在任何电脑上都快，相关资料也最多。</translation>
    </message>
    <message>
        <source>Clearly more coherent than the small one; still quick in 8 or 4 bits.</source>
        <translation>比小模型连贯得多；用 8 位或 4 位计算时仍然很快。</translation>
    </message>
    <message>
        <source>Holds a thread over a page; wants patience or a fast computer.</source>
        <translation>能在一页之内不跑题；需要耐心或一台快电脑。</translation>
    </message>
    <message>
        <source>The whole of GPT-2: the best prose of the family, at a tenth of the speed.</source>
        <translation>完整的 GPT-2：全系列文笔最好，速度约为十分之一。</translation>
    </message>
    <message>
        <source>Twice as fast as GPT-2 and a little duller; a good model to draft ahead with.</source>
        <translation>速度是 GPT-2 的两倍，稍显平淡；适合用来预先起草。</translation>
    </message>
    <message>
        <source>Answers in short turns, as people do in forums; not for prose.</source>
        <translation>像论坛里那样简短地对答；不适合写散文。</translation>
    </message>
    <message>
        <source>Conversation with a longer memory than the small one.</source>
        <translation>对话，记性比小的那个更长。</translation>
    </message>
    <message>
        <source>The most fluent of the three in conversation; slow without a fast computer.</source>
        <translation>三者中对话最流畅的；没有快电脑会慢。</translation>
    </message>
    <message>
        <source>Writes Chinese, character by character, from news, reviews and encyclopaedias.</source>
        <translation>逐字书写中文，语料来自新闻、评论和百科。</translation>
    </message>
    <message>
        <source>GPT-2&apos;s size, trained on more science and code, with twice its context.</source>
        <translation>与 GPT-2 大小相当，学过更多科学文章和代码，上下文是其两倍。</translation>
    </message>
</context>
<context>
    <name>compare</name>
    <message>
        <source>▼ likelier to A  −6 bits</source>
        <translation>▼ A 认为更可能  −6 比特</translation>
    </message>
    <message>
        <source>+6 bits  likelier to B ▲</source>
        <translation>+6 比特  B 认为更可能 ▲</translation>
    </message>
    <message>
        <source>A ▼ −6</source>
        <translation>A ▼ −6</translation>
    </message>
    <message>
        <source>+6 bits ▲ B</source>
        <translation>+6 比特 ▲ B</translation>
    </message>
    <message>
        <source>“{word}”: A {a}, B {b}. {difference}. Favourite of A: {top_a}, of B: {top_b}.</source>
        <translation>“{word}”：A {a}，B {b}。{difference}。A 的首选：{top_a}，B 的首选：{top_b}。</translation>
    </message>
    <message>
        <source>As likely to both</source>
        <translation>两者看法相同</translation>
    </message>
    <message>
        <source>{times} times as likely to B ({bits} bits)</source>
        <translation>B 认为可能性是 A 的 {times} 倍（{bits} 比特）</translation>
    </message>
    <message>
        <source>{times} times as likely to A ({bits} bits)</source>
        <translation>A 认为可能性是 B 的 {times} 倍（{bits} 比特）</translation>
    </message>
    <message>
        <source>B rules it out</source>
        <translation>B 排除了它</translation>
    </message>
    <message>
        <source>A rules it out</source>
        <translation>A 排除了它</translation>
    </message>
    <message>
        <source>The text under A</source>
        <translation>A 眼中的文本</translation>
    </message>
    <message>
        <source>The text under B</source>
        <translation>B 眼中的文本</translation>
    </message>
    <message>
        <source>The warmer a word, the more it surprised this side: clean up to 1 bit (one in two), hottest from 11 bits (one in 2,048). Arrow keys move, Enter goes to the place in the text.</source>
        <translation>词的颜色越暖，这一侧就越意外：1 比特（二分之一）以内无色，11 比特（1/2,048）起最暖。方向键移动，回车转到文本中的位置。</translation>
    </message>
</context>
<context>
    <name>context menu</name>
    <message>
        <source>Undo</source>
        <translation>撤销</translation>
    </message>
    <message>
        <source>Redo</source>
        <translation>重做</translation>
    </message>
    <message>
        <source>Cut</source>
        <translation>剪切</translation>
    </message>
    <message>
        <source>Copy</source>
        <translation>复制</translation>
    </message>
    <message>
        <source>Paste</source>
        <translation>粘贴</translation>
    </message>
    <message>
        <source>Select all</source>
        <translation>全选</translation>
    </message>
</context>
<context>
    <name>drafting</name>
    <message>
        <source>{right} of {guessed} tokens drafted ahead were right; one after the other it would have been {rate} tokens/s</source>
        <translation>预先起草的 {guessed} 个词元中有 {right} 个正确；若逐个写出，速度为 {rate} 词元/秒</translation>
    </message>
</context>
<context>
    <name>export</name>
    <message>
        <source>E-book (EPUB)</source>
        <translation>电子书（EPUB）</translation>
    </message>
    <message>
        <source>A book for reading devices, each text a chapter; without settings and numbers.</source>
        <translation>供阅读器使用的书，每个文本一章；不含设置和数字。</translation>
    </message>
    <message>
        <source>GPT-2 Studio session (JSON)</source>
        <translation>GPT-2 Studio 会话（JSON）</translation>
    </message>
    <message>
        <source>Everything: text, history, settings and probabilities; can be imported again without loss.</source>
        <translation>全部内容：正文、历史、设置和概率；可以无损地重新导入。</translation>
    </message>
    <message>
        <source>Table of generations (CSV)</source>
        <translation>生成记录表（CSV）</translation>
    </message>
    <message>
        <source>Settings, model, seed, times and words of each generation, for a spreadsheet.</source>
        <translation>每次生成的设置、模型、种子、时间和文字，供电子表格使用。</translation>
    </message>
    <message>
        <source>Markdown</source>
        <translation>Markdown</translation>
    </message>
    <message>
        <source>The text as you marked it up; the settings and marks, if wanted, but no probabilities.</source>
        <translation>保留您的标记；可附设置和生成标记，但不含概率。</translation>
    </message>
    <message>
        <source>Prompts and completions for fine-tuning (JSONL)</source>
        <translation>用于微调的提示与续写（JSONL）</translation>
    </message>
    <message>
        <source>What the model was given and what it wrote, one pair a line; no settings.</source>
        <translation>模型读到的和写出的文字，每行一对；不含设置。</translation>
    </message>
    <message>
        <source>Plain text</source>
        <translation>纯文本</translation>
    </message>
    <message>
        <source>The words alone, readable everywhere; nothing of how they came about.</source>
        <translation>只有文字，到处都能读；不含其来历。</translation>
    </message>
    <message>
        <source>Web page (HTML)</source>
        <translation>网页（HTML）</translation>
    </message>
    <message>
        <source>One file for any browser, light or dark; each token&apos;s probability under the pointer.</source>
        <translation>单个文件，任何浏览器都能打开，自动适应浅色或深色；指针停留时显示词元的概率。</translation>
    </message>
    <message>
        <source>Word document (DOCX)</source>
        <translation>Word 文档（DOCX）</translation>
    </message>
    <message>
        <source>For Word, LibreOffice and Pages, paragraph by paragraph; no settings.</source>
        <translation>供 Word、LibreOffice 和 Pages 使用，逐段排列；不含设置。</translation>
    </message>
    <message>
        <source>KoboldAI story (JSON)</source>
        <translation>KoboldAI 故事（JSON）</translation>
    </message>
    <message>
        <source>mikupad session (JSON)</source>
        <translation>mikupad 会话（JSON）</translation>
    </message>
</context>
<context>
    <name>heat</name>
    <message>
        <source>bits</source>
        <translation>比特</translation>
    </message>
    <message>
        <source>rank</source>
        <translation>排名</translation>
    </message>
    <message>
        <source>token {n}</source>
        <translation>词元 {n}</translation>
    </message>
    <message>
        <source>probability</source>
        <translation>概率</translation>
    </message>
    <message>
        <source>How likely the model thought each word: the paler, the likelier.</source>
        <translation>模型认为每个词有多可能：颜色越浅，越可能。</translation>
    </message>
    <message>
        <source>The word&apos;s place in the model&apos;s list of guesses: 1 is its favourite.</source>
        <translation>这个词在模型猜测列表中的名次：1 是它的首选。</translation>
    </message>
    <message>
        <source>entropy</source>
        <translation>熵</translation>
    </message>
    <message>
        <source>How undecided the model was before each word, whatever came: 0 bits is certain.</source>
        <translation>每个词之前模型有多犹豫，与后来写了什么无关：0 比特表示确定。</translation>
    </message>
    <message>
        <source>8 bits</source>
        <translation>8 比特</translation>
    </message>
    <message>
        <source>surprisal</source>
        <translation>惊异度</translation>
    </message>
    <message>
        <source>How surprised the model was by each word: 7.2 bits is one in 147.</source>
        <translation>每个词让模型有多意外：7.2 比特相当于 147 分之一的可能。</translation>
    </message>
    <message>
        <source>11 bits</source>
        <translation>11 比特</translation>
    </message>
    <message>
        <source>origin</source>
        <translation>来源</translation>
    </message>
    <message>
        <source>Tinted words were generated; dotted lines mark your changes in them.</source>
        <translation>着色的词由模型生成；点线标出您在其中的改动。</translation>
    </message>
    <message>
        <source>∞ bits</source>
        <translation>∞ 比特</translation>
    </message>
    <message>
        <source>{n} bits</source>
        <translation>{n} 比特</translation>
    </message>
    <message>
        <source>one in {n}</source>
        <translation>{n} 分之一</translation>
    </message>
    <message>
        <source>0%: impossible</source>
        <translation>0%：不可能</translation>
    </message>
    <message>
        <source>rank {n}</source>
        <translation>排名 {n}</translation>
    </message>
    <message>
        <source>entropy {bits}</source>
        <translation>熵 {bits}</translation>
    </message>
</context>
<context>
    <name>presets</name>
    <message>
        <source>Precise</source>
        <translation>精确</translation>
    </message>
    <message>
        <source>Stays close to what the model is sure of.</source>
        <translation>紧贴模型有把握的内容。</translation>
    </message>
    <message>
        <source>Balanced</source>
        <translation>均衡</translation>
    </message>
    <message>
        <source>Coherent and varied: a good start for any text.</source>
        <translation>连贯而富于变化：适合任何文字的起点。</translation>
    </message>
    <message>
        <source>Creative</source>
        <translation>创意</translation>
    </message>
    <message>
        <source>Takes risks and surprises, but leaves out what is hopeless.</source>
        <translation>敢于冒险、出人意料，但排除毫无希望的选择。</translation>
    </message>
    <message>
        <source>Storyteller</source>
        <translation>说书人</translation>
    </message>
    <message>
        <source>Avoids clichés and going in circles.</source>
        <translation>避开陈词滥调和原地打转。</translation>
    </message>
    <message>
        <source>Greedy</source>
        <translation>贪心</translation>
    </message>
    <message>
        <source>Always the likeliest token: the same text each time, often in circles.</source>
        <translation>总是选最可能的词元：每次文字都相同，常常原地打转。</translation>
    </message>
</context>
<context>
    <name>processors</name>
    <message>
        <source>Repetition penalty</source>
        <translation>重复惩罚</translation>
    </message>
    <message>
        <source>Makes tokens that already occur less likely, once each.</source>
        <translation>降低已出现词元的概率，每个只降一次。</translation>
    </message>
    <message>
        <source>Makes words that already occur in the text less likely. 1 is off; 1.1 suits small models.</source>
        <translation>降低文中已出现的词的概率。1 为关闭；1.1 适合小模型。</translation>
    </message>
    <message>
        <source>Repetition range</source>
        <translation>重复范围</translation>
    </message>
    <message>
        <source>How many of the last tokens the repetition penalty looks at. 0 means everything the model sees.</source>
        <translation>重复惩罚查看最后多少个词元。0 表示模型看到的全部内容。</translation>
    </message>
    <message>
        <source>Frequency penalty</source>
        <translation>频率惩罚</translation>
    </message>
    <message>
        <source>Lowers tokens by how often they already occur.</source>
        <translation>按已出现的次数降低词元的概率。</translation>
    </message>
    <message>
        <source>Makes a word less likely each time it has occurred. 0 is off; below 0 it becomes more likely.</source>
        <translation>一个词每出现一次，概率就降低一些。0 为关闭；小于 0 时反而更可能出现。</translation>
    </message>
    <message>
        <source>Presence penalty</source>
        <translation>存在惩罚</translation>
    </message>
    <message>
        <source>Lowers every token that already occurs by the same amount.</source>
        <translation>所有已出现的词元都降低同样的量。</translation>
    </message>
    <message>
        <source>Makes every word that has occurred less likely, no matter how often, so that new subjects come up. 0 is off.</source>
        <translation>凡出现过的词都降低概率，不论次数，从而引出新的话题。0 为关闭。</translation>
    </message>
    <message>
        <source>No repeated n-gram</source>
        <translation>禁止重复 n 元组</translation>
    </message>
    <message>
        <source>Removes tokens that would repeat a whole sequence of tokens.</source>
        <translation>排除会重复整段词元序列的词元。</translation>
    </message>
    <message>
        <source>Never writes the same run of this many tokens twice. 0 is off; below 3 even common phrases are lost.</source>
        <translation>同样的连续若干个词元绝不写第二次。0 为关闭；小于 3 时连常用短语也写不出来。</translation>
    </message>
    <message>
        <source>Temperature</source>
        <translation>温度</translation>
    </message>
    <message>
        <source>Sharpens or flattens the probabilities without removing a token.</source>
        <translation>使概率分布更尖锐或更平缓，不排除任何词元。</translation>
    </message>
    <message>
        <source>Below 1 the model plays it safe, above 1 it takes risks. At 0 it always writes the likeliest token.</source>
        <translation>小于 1 时模型求稳，大于 1 时敢于冒险。为 0 时总是写最可能的词元。</translation>
    </message>
    <message>
        <source>Dynamic temperature</source>
        <translation>动态温度</translation>
    </message>
    <message>
        <source>Takes risks where many words fit, and none where only few do.</source>
        <translation>合适的词多时敢冒险，合适的词少时不冒险。</translation>
    </message>
    <message>
        <source>The temperature where the model has no idea how to go on. 0 is off; try 1.5.</source>
        <translation>模型完全没有把握时的温度。0 为关闭；可试 1.5。</translation>
    </message>
    <message>
        <source>Lowest temperature</source>
        <translation>最低温度</translation>
    </message>
    <message>
        <source>The temperature where the model is sure of the next token.</source>
        <translation>模型对下一个词元很有把握时的温度。</translation>
    </message>
    <message>
        <source>Steepness</source>
        <translation>陡度</translation>
    </message>
    <message>
        <source>Above 1 the temperature stays low until the model is very unsure; below 1 it rises early.</source>
        <translation>大于 1 时，要到模型很没把握温度才升高；小于 1 时早早升高。</translation>
    </message>
    <message>
        <source>Quadratic smoothing</source>
        <translation>二次平滑</translation>
    </message>
    <message>
        <source>Evens out the best tokens and pushes the poor ones further down.</source>
        <translation>让最好的词元更接近，把差的压得更低。</translation>
    </message>
    <message>
        <source>Makes the best tokens more alike and the rest less likely; the lower, the more alike. 0 is off; try 0.3.</source>
        <translation>让最好的词元彼此更接近，其余的更不可能；值越低越接近。0 为关闭；可试 0.3。</translation>
    </message>
    <message>
        <source>Smoothing curve</source>
        <translation>平滑曲线</translation>
    </message>
    <message>
        <source>Above 1 the poor tokens fall faster and the best stay more alike.</source>
        <translation>大于 1 时，差的词元降得更快，最好的词元更为接近。</translation>
    </message>
    <message>
        <source>Top-k</source>
        <translation>Top-k</translation>
    </message>
    <message>
        <source>Removes all but the k likeliest tokens.</source>
        <translation>只留下最可能的 k 个词元。</translation>
    </message>
    <message>
        <source>Keeps only the k likeliest tokens. 0 is off; 40 is a common choice.</source>
        <translation>只保留最可能的 k 个词元。0 为关闭；常用 40。</translation>
    </message>
    <message>
        <source>Top-p</source>
        <translation>Top-p</translation>
    </message>
    <message>
        <source>Removes the unlikely tail outside a share p of the probability.</source>
        <translation>排除概率份额 p 之外的不太可能的尾部。</translation>
    </message>
    <message>
        <source>Keeps the likeliest tokens that together have this share of the probability: few where the model is sure, many where it is not. 1 is off.</source>
        <translation>保留合计占这一概率份额的最可能的词元：模型有把握时少，没把握时多。1 为关闭。</translation>
    </message>
    <message>
        <source>Min-p</source>
        <translation>Min-p</translation>
    </message>
    <message>
        <source>Removes tokens far less likely than the likeliest one.</source>
        <translation>排除远不如最可能者的词元。</translation>
    </message>
    <message>
        <source>Removes every token less likely than this share of the likeliest one. 0 is off; try 0.05 when the temperature is high.</source>
        <translation>排除概率低于最可能词元这一比例的所有词元。0 为关闭；温度高时可试 0.05。</translation>
    </message>
    <message>
        <source>Typical-p</source>
        <translation>Typical-p</translation>
    </message>
    <message>
        <source>Removes tokens that are much more or much less surprising than expected.</source>
        <translation>排除远比预期意外或远比预期平淡的词元。</translation>
    </message>
    <message>
        <source>Keeps tokens that are about as surprising as the model expects the next one to be. 1 is off.</source>
        <translation>保留意外程度与模型预期相近的词元。1 为关闭。</translation>
    </message>
    <message>
        <source>Top-nσ</source>
        <translation>Top-nσ</translation>
    </message>
    <message>
        <source>Removes the noise far below the best token, at any temperature.</source>
        <translation>去掉远低于最佳词元的噪声，与温度无关。</translation>
    </message>
    <message>
        <source>Keeps tokens whose raw score is within this many standard deviations of the best. 0 is off; 1 is strict, 2 is loose.</source>
        <translation>保留原始分数与最佳者相差不超过这么多个标准差的词元。0 为关闭；1 较严，2 较松。</translation>
    </message>
    <message>
        <source>Epsilon cut-off</source>
        <translation>Epsilon 截断</translation>
    </message>
    <message>
        <source>Removes every token below a fixed probability.</source>
        <translation>去掉低于固定概率的所有词元。</translation>
    </message>
    <message>
        <source>Removes every token less likely than this. 0 is off; try 0.0003 to 0.0009.</source>
        <translation>去掉概率低于此值的所有词元。0 为关闭；可试 0.0003 到 0.0009。</translation>
    </message>
    <message>
        <source>Eta cut-off</source>
        <translation>Eta 截断</translation>
    </message>
    <message>
        <source>Removes tokens below a probability that sinks where the model is unsure.</source>
        <translation>去掉低于某个概率的词元；模型越没把握，这个概率越低。</translation>
    </message>
    <message>
        <source>Removes every token less likely than this, and fewer where many words fit. 0 is off; try 0.0003 to 0.002.</source>
        <translation>去掉概率低于此值的词元；合适的词很多时去掉得少些。0 为关闭；可试 0.0003 到 0.002。</translation>
    </message>
    <message>
        <source>Top-a</source>
        <translation>Top-a</translation>
    </message>
    <message>
        <source>Removes more, the surer the model is of its best token.</source>
        <translation>模型对最佳词元越有把握，去掉的越多。</translation>
    </message>
    <message>
        <source>Removes every token less likely than this times the square of the best one&apos;s probability. 0 is off; try 0.2.</source>
        <translation>去掉概率低于“最佳词元概率的平方乘以此值”的所有词元。0 为关闭；可试 0.2。</translation>
    </message>
    <message>
        <source>Tail-free</source>
        <translation>无尾采样</translation>
    </message>
    <message>
        <source>Finds where the flat tail of unlikely tokens begins and removes it.</source>
        <translation>找出不太可能的词元从哪里开始形成平坦的尾部，并把它去掉。</translation>
    </message>
    <message>
        <source>Cuts where the probabilities stop falling and run flat. 1 is off; try 0.95.</source>
        <translation>在概率不再下降、变得平坦处截断。1 为关闭；可试 0.95。</translation>
    </message>
    <message>
        <source>Don&apos;t repeat yourself (DRY)</source>
        <translation>不再重复（DRY）</translation>
    </message>
    <message>
        <source>Stops the text from going in circles, and leaves common short phrases be.</source>
        <translation>防止文字原地打转，但放过常见的短语。</translation>
    </message>
    <message>
        <source>Don&apos;t repeat (DRY)</source>
        <translation>不再重复（DRY）</translation>
    </message>
    <message>
        <source>How strongly a token is held back that would go on repeating a passage. 0 is off; try 0.8.</source>
        <translation>对会继续重复某段文字的词元压得有多重。0 为关闭；可试 0.8。</translation>
    </message>
    <message>
        <source>Growth per token</source>
        <translation>每词元增幅</translation>
    </message>
    <message>
        <source>How much stronger each further repeated token makes the penalty.</source>
        <translation>每多重复一个词元，惩罚加重多少倍。</translation>
    </message>
    <message>
        <source>Allowed length</source>
        <translation>允许长度</translation>
    </message>
    <message>
        <source>From how many repeated tokens on the next one is held back.</source>
        <translation>重复多少个词元之后，开始压低下一个。</translation>
    </message>
    <message>
        <source>DRY range</source>
        <translation>DRY 范围</translation>
    </message>
    <message>
        <source>How many of the last tokens are looked at. 0 means everything the model sees.</source>
        <translation>查看最后多少个词元。0 表示模型看到的全部。</translation>
    </message>
    <message>
        <source>Passages end at</source>
        <translation>段落止于</translation>
    </message>
    <message>
        <source>Texts that end a passage, separated by commas, \n for a line end: a name before a colon may come as often as it likes.</source>
        <translation>结束一段重复的文字，用逗号分隔，\n 表示换行：冒号前的人名可以随意重复。</translation>
    </message>
    <message>
        <source>Exclude top choices (XTC)</source>
        <translation>排除首选词（XTC）</translation>
    </message>
    <message>
        <source>Now and then removes the most obvious words, where another one fits.</source>
        <translation>在别的词也合适的地方，偶尔去掉最显而易见的词。</translation>
    </message>
    <message>
        <source>Exclude top choices</source>
        <translation>排除首选词</translation>
    </message>
    <message>
        <source>How often the most obvious words are left out, so that the text avoids clichés. 0 is off; 0.5 is every other token.</source>
        <translation>多久去掉一次最显而易见的词，让文字避开陈词滥调。0 为关闭；0.5 约为每两个词元一次。</translation>
    </message>
    <message>
        <source>Obvious from</source>
        <translation>首选门槛</translation>
    </message>
    <message>
        <source>How likely a token must be to count as an obvious choice. The least likely of these is kept.</source>
        <translation>概率达到多少才算显而易见的选择。其中最不可能的一个会保留。</translation>
    </message>
    <message>
        <source>Mirostat</source>
        <translation>Mirostat</translation>
    </message>
    <message>
        <source>Keeps the text equally surprising all along, by watching what it wrote.</source>
        <translation>根据已写的内容，让文字的意外程度始终保持稳定。</translation>
    </message>
    <message>
        <source>How surprising each token should be on average, in bits. 0 is off; 3 is calm, 5 lively. Works best without other cut-offs.</source>
        <translation>每个词元平均应有多意外，以比特计。0 为关闭；3 较平静，5 较活泼。不与其他截断同用时效果最好。</translation>
    </message>
    <message>
        <source>Mirostat rate</source>
        <translation>Mirostat 速度</translation>
    </message>
    <message>
        <source>How quickly it reacts to a token that was too tame or too wild.</source>
        <translation>遇到太平淡或太离奇的词元时，调整得有多快。</translation>
    </message>
    <message>
        <source>Favoured words</source>
        <translation>偏好词语</translation>
    </message>
    <message>
        <source>Makes words of your choice more or less likely.</source>
        <translation>让您选定的词更常或更少出现。</translation>
    </message>
    <message>
        <source>dragon: 2, suddenly: -3</source>
        <translation>龙: 2, 忽然: -3</translation>
    </message>
    <message>
        <source>Words and how much to raise or lower them, separated by commas, such as dragon: 2, suddenly: -3. Each is met with and without a space before it or a capital; in quotation marks exactly as it stands.</source>
        <translation>词语以及提高或降低多少，用逗号分隔，例如 dragon: 2, suddenly: -3。前面有无空格、首字母是否大写都算；放在引号里则完全照写。</translation>
    </message>
    <message>
        <source>Banned words</source>
        <translation>禁用词语</translation>
    </message>
    <message>
        <source>Never writes words and phrases of your choice.</source>
        <translation>绝不写出您选定的词和短语。</translation>
    </message>
    <message>
        <source>suddenly, shivers down</source>
        <translation>忽然, 脊背发凉</translation>
    </message>
    <message>
        <source>Words and phrases that are never written, separated by commas. Each is met with and without a space before it or a capital; in quotation marks exactly as it stands. Longer words that begin with the same tokens are lost too.</source>
        <translation>绝不写出的词和短语，用逗号分隔。前面有无空格、首字母是否大写都算；放在引号里则完全照写。以相同词元开头的更长的词也会一并失去。</translation>
    </message>
    <message>
        <source>Going back</source>
        <translation>回退</translation>
    </message>
    <message>
        <source>How often the text may go back to where a banned word began and try something else; then only whole words are banned, in any case and however they are cut into tokens. 0 bans tokens. Several continuations at once do not go back.</source>
        <translation>最多可以几次回到禁用词开始处换个写法；此时只禁用完整的词，不分大小写，也不管它怎样切成词元。0 为按词元禁用。同时写多个续写时不回退。</translation>
    </message>
    <message>
        <source>Pattern</source>
        <translation>格式（正则）</translation>
    </message>
    <message>
        <source>The continuation must match a regular expression of yours.</source>
        <translation>续写必须匹配你给出的正则表达式。</translation>
    </message>
    <message>
        <source> &quot;[^&quot;\n]+[.!?]&quot;</source>
        <translation> &quot;[^&quot;\n]+[.!?]&quot;</translation>
    </message>
    <message>
        <source>A regular expression that the whole continuation must match; writing ends once nothing more can follow. Remember the space before the first word. Without look-ahead and look-behind.</source>
        <translation>整段续写必须匹配的正则表达式；后面再也接不上内容时写作即结束。别忘了第一个单词前的空格。不支持前瞻和后顾。</translation>
    </message>
    <message>
        <source>JSON schema</source>
        <translation>JSON 模式</translation>
    </message>
    <message>
        <source>The continuation must be JSON as a schema of yours describes it.</source>
        <translation>续写必须是符合你给出的模式的 JSON。</translation>
    </message>
    <message>
        <source>A JSON schema that the whole continuation must follow; writing ends once the JSON is complete.</source>
        <translation>整段续写必须遵循的 JSON 模式；JSON 完整时写作即结束。</translation>
    </message>
    <message>
        <source>Guidance</source>
        <translation>引导</translation>
    </message>
    <message>
        <source>Holds more closely to the text, or away from a text of your choice. Takes twice as long.</source>
        <translation>更紧地贴合前文，或远离你指定的文字。用时加倍。</translation>
    </message>
    <message>
        <source>How strongly the text before counts, compared with the model that has read the negative prompt instead. 1 is off; 1.5 is clearly felt; above 3 the text grows stiff.</source>
        <translation>与只读过反向提示的模型相比，前文的分量有多重。1 为关闭；1.5 效果明显；超过 3 文字会变得生硬。</translation>
    </message>
    <message>
        <source>A boring text:</source>
        <translation>一篇乏味的文章：</translation>
    </message>
    <message>
        <source>Negative prompt</source>
        <translation>反向提示</translation>
    </message>
    <message>
        <source>What the continuation should not sound like: the start of such a text. Empty: guidance holds the model to all it has read, and not just to the last word.</source>
        <translation>续写不应像什么：写下这类文字的开头。留空：引导模型顾及读过的全部内容，而不只是最后一个词。</translation>
    </message>
    <message>
        <source>Best of several</source>
        <translation>多中选优</translation>
    </message>
    <message>
        <source>Writes several continuations at once and takes the one the model finds likeliest; the others stay as variants.</source>
        <translation>同时写几段续写，取模型认为最可能的一段；其余保留为变体。</translation>
    </message>
    <message>
        <source>Best of</source>
        <translation>选优数量</translation>
    </message>
    <message>
        <source>How many continuations are written, of which the likeliest is taken: the highest average log-probability of a token. 1 is off.</source>
        <translation>写几段续写并取其中最可能的一段，即每个词元的平均对数概率最高者。1 为关闭。</translation>
    </message>
    <message>
        <source>Beam search</source>
        <translation>束搜索</translation>
    </message>
    <message>
        <source>Looks for the likeliest whole text instead of drawing word by word. It appears when the search is over; the next best stay as variants. Safe and dry: good for short endings.</source>
        <translation>寻找整体上最可能的文本，而不是逐词抽取。搜索结束后文本才出现；次优的几个保留为变体。稳妥而平淡：适合短小的结尾。</translation>
    </message>
    <message>
        <source>Beams</source>
        <translation>束数</translation>
    </message>
    <message>
        <source>How many beginnings are followed side by side; only the likeliest go on. 1 is off. No dice are thrown, so the same text comes every time.</source>
        <translation>同时追踪多少个开头；只有最可能的才继续。1 为关闭。不掷骰子，所以每次得到的文本都相同。</translation>
    </message>
    <message>
        <source>Favour length</source>
        <translation>长度偏好</translation>
    </message>
    <message>
        <source>Whether short or long texts win, where some end sooner: 1 compares the average token, more than 1 favours long texts, 0 and less favours short ones.</source>
        <translation>当有的文本较早结束时，短的还是长的胜出：1 比较每个词元的平均值，大于 1 偏向长文本，0 及以下偏向短文本。</translation>
    </message>
    <message>
        <source>Contrastive search</source>
        <translation>对比搜索</translation>
    </message>
    <message>
        <source>Takes a likely token that says something new: no dice, yet no running in circles. Needs a GPT-2 model and takes about three times as long. Several continuations at once become the same one.</source>
        <translation>在可能的词元中选取带来新意的一个：不掷骰子，也不原地打转。需要 GPT-2 模型，用时约为三倍。同时写多个续写时，它们会完全相同。</translation>
    </message>
    <message>
        <source>Contrast</source>
        <translation>对比强度</translation>
    </message>
    <message>
        <source>How much being unlike the text so far counts, against being likely. 0 is off; 0.6 is usual; at 1 only the difference counts.</source>
        <translation>与前文不同占多大分量（相对于可能性）。0 为关闭；通常用 0.6；为 1 时只看与前文的差异。</translation>
    </message>
    <message>
        <source>Tokens compared</source>
        <translation>比较的词元数</translation>
    </message>
    <message>
        <source>How many of the likeliest tokens are tried out at every place. 1 is off; 4 to 8 are usual.</source>
        <translation>在每个位置试用多少个最可能的词元。1 为关闭；通常用 4 到 8。</translation>
    </message>
</context>
<context>
    <name>system</name>
    <message>
        <source>Permission denied</source>
        <translation>没有权限</translation>
    </message>
    <message>
        <source>Operation not permitted</source>
        <translation>不允许此操作</translation>
    </message>
    <message>
        <source>Read-only file system</source>
        <translation>文件系统是只读的</translation>
    </message>
    <message>
        <source>No such file or directory</source>
        <translation>没有这个文件或文件夹</translation>
    </message>
    <message>
        <source>Not a directory</source>
        <translation>不是文件夹</translation>
    </message>
    <message>
        <source>Is a directory</source>
        <translation>这是一个文件夹</translation>
    </message>
    <message>
        <source>File name too long</source>
        <translation>文件名太长</translation>
    </message>
    <message>
        <source>No space left on device</source>
        <translation>磁盘空间不足</translation>
    </message>
    <message>
        <source>Disk quota exceeded</source>
        <translation>超出磁盘配额</translation>
    </message>
    <message>
        <source>Input/output error</source>
        <translation>输入输出错误</translation>
    </message>
    <message>
        <source>Too many open files</source>
        <translation>打开的文件过多</translation>
    </message>
</context>
</TS>
