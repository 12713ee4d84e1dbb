"""Words that a click or Enter commits to, in the languages that most desktops speak. A table: add to it.

A line a language and kind, its words between commas. `word*` is a word with any ending; several
words stand for themselves in that order; `=word` counts only where it is all of a label (`Post` is
a button, a post is not). What is HARMLESS is taken out first: `Format menu`, `Reset zoom`, `Sent items`.
Case, accents and width do not matter; where a script has no spaces, or grows words together, words are
found in the middle of others. Chinese stands in both scripts.
"""

from __future__ import annotations

KINDS = ("delete", "send", "pay", "format", "shut down", "lock out")

WORDS: dict[str, dict[str, str]] = {
    "en": {
        "delete": "delete, deletes, deleted, deleting, deletion, remove, removes, removed, removing, removal, erase, erases, erased,"
        "erasing, trash, wipe, wipes, wiped, wiping, uninstall*, discard*, permanently, destroy*, purge*, shred*, overwrite*,"
        "drop database, drop table, drop schema, drop collection, drop index, drop column, empty bin, empty the bin, empty recycle bin,"
        "empty the recycle bin, empty folder, clear history, clear data, clear browsing data, clear all, clear storage, clear cache,"
        "clear everything, =clear, =empty, replace file, replace the file, replace existing, replace it, =replace, factory reset, reset,"
        "resets, resetting, restore defaults, restore factory*, revert, reverts, reverting, roll back, rollback, truncate*, don t save,"
        "without saving, =drop, =abandon, terminate*,"
        "kill process, end process, end task, force quit, force stop, =kill, =unpublish, =prune, =dispose, =void",
        "send": "send, sends, sending, sent, submit*, submission*, publish*, =post, post now, post comment, post reply, post tweet, =tweet,"
        "=share, share now, =reply, reply all, =forward, broadcast*, go live, make public, deploy, deploys, deploying, =merge,"
        "merge pull request, confirm merge, =push, force push, =upload,"
        "=transmit, =dispatch, =vote, cast vote, =invite, =call, call now, =dial, =sign, sign and send,"
        "sign contract, sign document, sign transaction, =approve, =retract, apply now",
        "pay": "pay, pays, paying, payment*, paid, buy, buys, buying, bought, purchase*, purchasing, checkout, check out, place order,"
        "place the order, place an order, place my order, place your order, place this order, places the order, placing the order,"
        "placing an order, order now, =order, confirm order, confirm booking, confirm and pay, complete order, complete booking,"
        "transfer money, transfer the money, transfer funds, transfer the funds, send money, subscribe, subscribes, subscribing, book now,"
        "=book, reserve now, donate*, donating, =bid, place bid, place a bid, upgrade plan, upgrade now, start trial, start free trial,"
        "start your free trial, add funds, add money, top up, withdraw, withdraws, withdrawing, withdrawal, renew*,"
        "=transfer, confirm transfer, release funds, =sell, sell now, =trade, =swap, =stake, =reserve, =refund,"
        "charge card, accept offer, file taxes",
        "format": "format, formats, formatted, formatting, reformat*, repartition*, initialize disk, initialise disk, partition disk,"
        "=initialize, =partition, =flash, flash firmware, =burn, =encrypt",
        "shut down": "shutdown, shut down, shuts down, shutting down, power off, powers off, powering off, poweroff, turn off, turns off,"
        "turning off, reboot*, restart, restarts, restarting, logout, logoff, log out, log off, logs out, logging out, logging off, sign out,"
        "sign off, signs out, signing out, signout, hibernate*, =suspend, =sleep, =lock, lock screen, =halt, power down",
        "lock out": "=block, block user, block this*, block sender, block contact, block account, block caller, block number, block and report,"
        "block them, block him, block her, revoke*, revoking, revocation, deactivate*, deactivating, disable account, disable user,"
        "disable access, disable login, disable two*, disable 2fa, disable firewall, suspend account, suspend user, =ban, ban user, ban member,"
        "change password, change the password, reset password, close account, close my account, close the account, =leave, leave group,"
        "leave team, leave organization, leave server, unfriend*, transfer ownership, unsubscribe*, cancel subscription, cancel order,"
        "cancel plan, cancel booking, cancel membership, end subscription,"
        "=disable, =kick, kick user, kick member, =invalidate, regenerate key, rotate key",
    },
    "es": {
        "delete": "elimin*, borrar, borra, borre, borrado, borrando, suprim*, desinstal*, descart*, vaciar, vacia, vacie, destruir, destruye,"
        "restablec*, sobrescrib*, purgar, mover a la papelera, no guardar, sin guardar, =quitar,"
        "quitar cuenta, =quitar, =reemplazar, valores de fabrica, limpiar historial, limpiar datos, =limpiar,"
        "revertir",
        "send": "enviar, envia, envie, enviando, publicar, publique, publicando, =publica, =compartir, =responder, =reenviar, remitir, tuitear,"
        "responder a todos, =firmar, firmar documento",
        "pay": "pagar, paga, pague, pago, pagos, comprar, compra, compre, comprando, realizar pedido, hacer pedido, tramitar pedido,"
        "finalizar pedido, pedir ahora, =pedir, suscribirse, suscribirme, suscribete, donar, transferir, reservar, contratar, =ofertar,"
        "=retirar, retirar fondos, anadir fondos, =recargar, =vender, =invertir",
        "format": "formatear, formatea, formatee, formateo, inicializar disco",
        "shut down": "apagar, apaga, apague, reiniciar, reinicia, reinicie, cerrar sesion, cierra sesion, cierre sesion, hibernar, =suspender,"
        "=salir",
        "lock out": "bloquear, bloquea, bloquee, revocar, revoca, revoque, desactivar, desactiva, desactive, inhabilitar, cerrar cuenta,"
        "cerrar la cuenta, cancelar suscripcion, cancelar la suscripcion, cancelar pedido, cambiar contrasena, cambiar la contrasena, expulsar,"
        "dar de baja, darse de baja,"
        "salir del grupo, abandonar grupo, anular pedido, =deshabilitar",
    },
    "de": {
        "delete": "losch*, geloscht*, loesch*, geloesch*, entfernen, entferne, entfernt, papierkorb leeren, papierkorb entleeren, =leeren,"
        "=entleeren, verwerfen, verwirf, verworfen, deinstall*, endgultig*, vernicht*, zerstor*, zurucksetz*, zuruckgesetzt, uberschreib*,"
        "uberschrieb*, =ersetzen, nicht speichern, ohne zu speichern, =leer,"
        "ruckgangig machen, prozess beenden, =beenden erzwingen",
        "send": "senden, sende, sendet, gesendet, absend*, abgesend*, versend*, versand*, verschick*, abschick*, abgeschickt, einreich*,"
        "eingereicht, veroffentlich*, posten, =teilen, =antworten, =weiterleiten, =freigeben, =hochladen, publizier*, ubermittel*,"
        "allen antworten,"
        "=unterschreiben, =signieren, auftrag erteilen, =anrufen",
        "pay": "bezahl*, zahlen, zahle, zahlt, zahlung*, zahlungspflichtig*, kostenpflichtig*, kaufen, kaufe, kauft, kauf, gekauft, bestell*,"
        "uberweis*, abonnier*, spenden, spende, buchen, buche, zur kasse, =kasse, =bieten, ersteiger*, aufladen,"
        "=abheben, geld abheben, =reservieren, =verkaufen, =einzahlen",
        "format": "formatieren, formatiere, formatiert, partitionier*, datentrager initialisieren",
        "shut down": "herunterfahr*, heruntergefahren, ausschalt*, ausgeschaltet, abschalt*, neustart*, neu starten, neugestartet, abmeld*,"
        "abgemeldet, ausloggen, =ruhezustand, =energie sparen, =bereitschaft",
        "lock out": "sperren, sperre, gesperrt, blockier*, widerruf*, deaktivier*, konto schliessen, konto aufheben, kundigen, kundige,"
        "gekundigt, passwort andern, kennwort andern, passwort zurucksetzen, stornier*, abo beenden, ausschliessen, abbestell*, verbannen,"
        "gruppe verlassen, =verlassen",
    },
    "fr": {
        "delete": "supprim*, effac*, vider la corbeille, vider corbeille, =vider, desinstall*, ecraser, ecrase, detrui*, reinitialis*, retirer,"
        "=abandonner, =remplacer, ne pas enregistrer, sans enregistrer, purger,"
        "annuler les modifications, parametres d usine, =jeter, =retablir, forcer a quitter",
        "send": "envoyer, envoie, envoyez, envoi, envoyant, soumettre, soumettez, publier, publie, publiez, =partager, =repondre, =transferer,"
        "repondre a tous, =poster, diffuser, mettre en ligne,"
        "=signer, =appeler",
        "pay": "payer, paye, payez, paiement*, acheter, achete, achetez, achat*, =commander, passer la commande, passer commande,"
        "valider la commande, confirmer la commande, abonner, abonnez, virement, reserver, reservez, faire un don, regler, encherir,"
        "finaliser la commande, finaliser l achat, =virer, =verser, =recharger, ajouter des fonds, =vendre,"
        "=retirer des fonds",
        "format": "formater, formatez, formatage, reformat*, initialiser le disque, partitionner",
        "shut down": "eteindre, eteignez, =arreter, arreter l ordinateur, arret, redemarr*, deconnect*, deconnexion, mettre en veille, =veille,"
        "fermer la session, =verrouiller",
        "lock out": "bloquer, bloquez, revoquer, revocation, revoquez, desactiver, desactivez, desactivation, fermer le compte, cloturer*,"
        "resilier, resiliez, resiliation, changer le mot de passe, modifier le mot de passe, annuler l abonnement, annuler la commande,"
        "bannir, exclure, desabonn*, desinscri*,"
        "quitter le groupe",
    },
    "pt": {
        "delete": "excluir, exclua, exclui, excluindo, excluido, exclusao, apagar, apague, apagando, eliminar, elimine, remover, remova,"
        "removendo, descart*, desinstal*, esvaziar, esvazie, redefin*, repor, sobrescrev*, limpar historico, limpar dados, limpar tudo, destrui*,"
        "=substituir, nao salvar, nao guardar,"
        "=deletar, deletar, padroes de fabrica, =reverter, forcar parada",
        "send": "enviar, envie, envia, enviando, submeter, publicar, publique, publicando, =compartilhar, =partilhar, =responder, =encaminhar,"
        "postar,"
        "responder a todos, =assinar documento",
        "pay": "pagar, pague, pagamento*, comprar, compre, compra, finalizar compra, finalizar pedido, fazer pedido, =assinar, assine ja,"
        "encomendar, transferir, doar, reservar, contratar,"
        "=sacar, =recarregar, =depositar, concluir pedido, concluir compra, =vender",
        "format": "formatar, formate, formatando, inicializar disco",
        "shut down": "desligar, desligue, encerrar, reiniciar, reinicie, terminar sessao, encerrar sessao, =sair, hibernar, =suspender",
        "lock out": "bloquear, bloqueie, revogar, revogue, desativar, desative, desactivar, encerrar conta, cancelar assinatura, cancelar pedido,"
        "cancelar conta, alterar senha, mudar senha, redefinir senha, alterar palavra passe, banir, expulsar,"
        "sair do grupo, =desabilitar",
    },
    "it": {
        "delete": "elimin*, cancell*, rimuov*, rimozione, svuot*, disinstall*, scart*, ripristina*, reimpost*, sovrascriv*, distrugg*, azzer*,"
        "=sostituisci, non salvare,"
        "=butta, =annulla modifiche, termina processo",
        "send": "inviare, invia, invio, inviando, spedire, spedisci, pubblicare, pubblica, pubblicazione, =condividi, =rispondi, =inoltra,"
        "trasmett*,"
        "rispondi a tutti, =firma, =chiama",
        "pay": "pagare, paga, pagamento, pagamenti, acquist*, compra, comprare, =ordina, effettua ordine, invia ordine, conferma ordine,"
        "abbonati, abbonarsi, bonifico, trasferisci, =dona, donare, prenota, prenotare, ricarica*,"
        "procedi all ordine, completa ordine, =preleva, =versa, =vendi, concludi acquisto",
        "format": "formattare, formatta, formattazione del disco, inizializza*",
        "shut down": "arresta, arrestare, spegni, spegnere, riavvi*, =esci, disconnett*, termina sessione, iberna, =sospendi",
        "lock out": "blocca, bloccare, revoca, revocare, disattiva*, chiudi account, chiudere il conto, annulla abbonamento, annulla ordine,"
        "cambia password, modifica password, espelli, disdici, disdire, disiscri*,"
        "lascia il gruppo, abbandona gruppo, abbandona il gruppo",
    },
    "ru": {
        "delete": "удал*, стереть, стирать, сотри, очист*, сброс*, уничтож*, деинсталл*, перезапис*, =заменить, не сохранять, без сохранения,"
        "отформат*,"
        "=убрать, заводские настройки, снести, откатить, снять задачу",
        "send": "отправ*, послать, пошли, опублик*, публик*, =поделиться, =ответить, =переслать, выложить, разместить, ответить всем,"
        "разослать, выслать, подать заявку, подписать документ, =позвонить",
        "pay": "оплат*, платить, заплат*, платеж*, купить, купи, купит, покуп*, заказать, закажи, оформить заказ, =заказ, подписаться,"
        "перевести деньги, перевести средства, перевод средств, =перевести, пожертв*, заброниров*, пополн*,"
        "снять деньги, вывести средства, подтвердить заказ, =продать, =внести",
        "format": "форматировать, форматируй*, разметить диск",
        "shut down": "выключ*, завершить работу, завершение работы, перезагруз*, перезапус*, выйти из*, =выйти, =выход, завершить сеанс,"
        "=сон,"
        "спящий режим, гибернаци*",
        "lock out": "заблокир*, блокир*, отозвать, отозван*, деактивир*, закрыть счет, закрыть аккаунт, отменить подписку, отменить заказ,"
        "сменить пароль, изменить пароль, исключить, отписаться, отключить учетн*,"
        "покинуть группу, выйти из группы, =отклонить",
    },
    "ja": {
        "delete": "削除, 消去, 破棄, アンインストール, 空にする, 初期化, リセット, 上書き, 抹消, 保存しない, 保存せず,"
        "置き換え, ごみ箱へ移動, ゴミ箱に入れる, =除去, =クリア, 強制終了, 元に戻せません",
        "send": "送信, 投稿, 公開, 提出, =共有, =返信, =転送, 発行, ツイート, 全員に返信,"
        "=応募, =送る, 応募する, 署名する, 電話をかける",
        "pay": "支払, 購入, 注文, 決済, 課金, 振込, 送金, 申し込む, 購読, 寄付, 予約する, 予約を確定, レジに進む, チャージ,"
        "今すぐ買う, 振り込む, =予約, 引き出す, =入札, 入札する, 売却, 今すぐ買",
        "format": "フォーマット",
        "shut down": "シャットダウン, 再起動, 電源を切る, 電源オフ, ログアウト, サインアウト, ログオフ, 休止状態, =スリープ",
        "lock out": "ブロックする, =ブロック, 失効, 無効化, 無効にする, アカウントを閉じる, 解約, 退会, パスワードを変更, パスワード変更, 追放,"
        "取り消し不可,"
        "取り消す, 閉鎖, 登録解除, 退出",
    },
    "zh": {
        "delete": "删除, 刪除, 移除, 清空, 清除, 卸载, 解除安裝, 抹掉, 擦除, 销毁, 銷毀, 丢弃, 丟棄, 重置, 重設, 恢复出厂, 恢復原廠, 还原, 還原,"
        "覆盖, 覆蓋, 粉碎, 不保存, 不儲存,"
        "清倒, 放弃更改, 捨棄, =替换, =取代, =撤销, 回滚, 结束进程, 强制退出",
        "send": "发送, 發送, 傳送, 提交, 发布, 發布, 發佈, 发表, 發表, 寄出, 送出, 投稿, =分享, =回复, =回覆, =转发, =轉寄,"
        "全部回复, 群发, 推送, 部署, 上传, 投票, 签署, 簽署, =签名",
        "pay": "支付, 付款, 购买, 購買, 下单, 下單, 结算, 結帳, 结账, 订购, 訂購, 订阅, 訂閱, 转账, 轉帳, 充值, 儲值, 捐款, 缴费, 繳費, 预订,"
        "預訂, 买单, 抢购,"
        "捐赠, 提现, 提款, 打款, 退款, 卖出",
        "format": "格式化",
        "shut down": "关机, 關機, 重启, 重新启动, 重新啟動, 重新開機, 注销, 登出, 退出登录, 休眠,"
        "=睡眠, 锁屏, =锁定, =關閉電腦",
        "lock out": "屏蔽, 封鎖, 封锁, 拉黑, 吊销, 撤銷授權, 撤销授权, 停用, 禁用, 取消订单, 取消訂單, 修改密码, 變更密碼, 更改密码, 踢出,"
        "关闭账户, 退群, 退出群, 解散群, =拒绝",
    },
    "ko": {
        "delete": "삭제, 지우기, 제거, 비우기, 초기화, 폐기, 덮어쓰기, 영구적, 재설정, 저장 안,"
        "변경사항 취소, =바꾸기, 버리기, 되돌리기, 언인스톨, 강제 종료",
        "send": "보내기, 전송, 제출, 게시, 발행, 공개, =공유, =답장, =전달,"
        "전체 답장, 발송, 배포, 업로드, 신청하기, =신청, 서명하기, =서명, =올리기",
        "pay": "결제, 구매, 구입, 주문, 지불, 송금, 이체, 구독, 기부, 예약하기, 충전,후원, 출금, =예약, 입금, 매도",
        "format": "포맷",
        "shut down": "시스템 종료, 전원 끄기, 다시 시작, 재시작, 재부팅, 로그아웃, 최대 절전,"
        "=종료, =절전, 절전 모드, =잠금",
        "lock out": "차단, 해지, 탈퇴, 비활성화, 권한 취소, 철회, 비밀번호 변경, 추방,나가기, 강퇴, 취소하기",
    },
    "pl": {
        "delete": "usun*, usuw*, kasuj*, skasuj*, skasow*, wyczysc*, oproznij*, odinstaluj*, odrzuc*, zresetuj*, resetuj*, nadpisz*, zniszcz*,"
        "wymaz*, =zastap, nie zapisuj, przywroc ustawienia fabryczne,"
        "=cofnij zmiany, wyrzuc, zakoncz proces, wymus zatrzymanie",
        "send": "wyslij, wysylaj*, wysylanie, wyslac, przeslij, opublikuj*, publikuj*, =udostepnij, =odpowiedz, zatwierdz*, =przekaz,"
        "odpowiedz wszystkim, przekaz dalej, =podpisz, =zadzwon",
        "pay": "zaplac*, platnosc*, kup, kupuj*, kupic, zamow*, subskrybuj*, przelej, przelew*, rezerwuj*, zarezerwuj*, wplac*, oplac*,"
        "przekaz darowizne, wyplac*, zamawiam i place, =do kasy, przejdz do kasy, doladuj*, =sprzedaj",
        "format": "formatuj*, sformatuj*",
        "shut down": "zamknij system, wylacz*, uruchom ponownie, zrestartuj*, wyloguj*, hibernuj*, =uspij,"
        "=zablokuj ekran",
        "lock out": "zablokuj*, blokuj*, uniewaznij*, cofnij dostep, odwolaj*, dezaktywuj*, zamknij konto, anuluj subskrypcje,"
        "anuluj zamowienie, zmien haslo, zbanuj*, wypisz sie,"
        "opusc grupe, =opusc",
    },
    "tr": {
        "delete": "sil, silin*, silme, silmek, silecek, kaldir*, bosalt*, sifirla*, uzerine yaz*, yok et*, temizle*, kaydetme,"
        "=degistir, fabrika ayar*, =at, cope tasi, geri al, gorevi sonlandir, durmaya zorla",
        "send": "gonder*, yayinla*, =paylas, =yanitla, =ilet, teslim et,tumunu yanitla, =imzala, =ara simdi",
        "pay": "ode, odeme*, odeyin, satin al*, siparis*, abone ol*, havale*, bagis*, rezervasyon yap*,"
        "para cek*, para yukle*, para gonder*, alisverisi tamamla, hemen al, =sat, =bagisla",
        "format": "bicimlendir, formatla*",
        "shut down": "bilgisayari kapat*, gucu kapat*, yeniden baslat*, oturumu kapat*, cikis yap*, hazirda beklet,"
        "=uyku, =kilitle",
        "lock out": "engelle*, aboneligi iptal, siparisi iptal, iptal etme, devre disi birak*, hesabi kapat*, sifreyi degistir*,"
        "parolayi degistir*, yasakla*, erisimi iptal*,"
        "gruptan ayril*, =iptal et",
    },
    "nl": {
        "delete": "verwijder*, wis, =wissen, alles wissen, geschiedenis wissen, gegevens wissen, prullenbak legen, =legen, leegmaken, deinstall*,"
        "weggooi*, vernietig*, fabrieksinstellingen, resetten, overschrijv*, =vervangen, niet opslaan,"
        "=terugzetten, taak beeindigen, =herstellen, gedwongen stoppen",
        "send": "verzend*, verstuur*, versturen, indienen, publicer*, =plaatsen, =delen, =beantwoorden, =doorsturen,"
        "allen beantwoorden, =ondertekenen, =bellen",
        "pay": "betaal*, betalen, betaling*, koop, kopen, aankoop*, bestel*, afreken*, abonneer*, overmaken, doneer*, doneren, boek nu, =boeken,"
        "=abonneren, =opnemen, geld opnemen, =reserveren, =opwaarderen, =bieden, =verkopen, =storten",
        "format": "formatteer*, formatteren",
        "shut down": "=afsluiten, computer afsluiten, uitschakel*, herstart*, opnieuw opstarten, opnieuw starten, afmeld*, uitlog*, slaapstand,"
        "=vergrendelen",
        "lock out": "blokkeer*, blokkeren, intrekken, deactiveer*, deactiveren, account sluiten, opzeggen, bestelling annuleren,"
        "wachtwoord wijzigen, verbannen, uitschrijv*,"
        "groep verlaten",
    },
    "ar": {
        "delete": "حذف, احذف, مسح, إزالة, إفراغ, إعادة تعيين, إعادة ضبط, استبدال, تدمير, إلغاء التثبيت, عدم الحفظ,"
        "تجاهل التغييرات, التراجع عن",
        "send": "إرسال, أرسل, نشر, انشر, تقديم الطلب, =مشاركة, =رد,الرد على الكل, إعادة توجيه, =تقديم, =توقيع, =اتصال",
        "pay": "دفع, ادفع, شراء, اشتر, اطلب الآن, إتمام الطلب, اشتراك, تحويل الأموال, تبرع, احجز,"
        "تأكيد الطلب, =تحويل, =سحب, =حجز, إيداع, شحن الرصيد, =بيع",
        "format": "تهيئة القرص, تهيئة محرك, فرمتة,=تهيئة",
        "shut down": "إيقاف التشغيل, إعادة التشغيل, تسجيل الخروج, إسبات,=سكون, =قفل",
        "lock out": "حظر, إلغاء التنشيط, تعطيل, إغلاق الحساب, تغيير كلمة المرور, إلغاء الاشتراك, سحب الإذن,"
        "مغادرة المجموعة, =طرد",
    },
}

HARMLESS = (
    "format menu, format cells, format painter, format text, format paragraph, format bar, format toolbar, format tab, format document,"
    "format code, format selection, format as, file format, output format, image format, date format, number format, paper format, format of,"
    "clear formatting, conditional formatting, text formatting, reset zoom, reset view, reset layout, reset filter, reset filters, reset search,"
    "reset sort, reset columns, reset window, reset font, reset position, reset camera, reset rotation, delete key, removable, send to back,"
    "send backward, sent items, sent mail, sent folder, sent messages, =sent, =trash, restart numbering, gesendete objekte,"
    "gesendete elemente, =gesendet, elements envoyes, messages envoyes, posta inviata, elementos enviados, отправленные, wyslane, gonderilen*,"
    "gonderilmis, verzonden, 送信済み, 已发送, 已傳送, 보낸 메일, formatierung, historico de compras"
)
"""What merely looks like one of them: places to go to, and ways to look at things."""
